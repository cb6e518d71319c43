// What a screen reader hears of the level, and rarely enough to be borne.

import { strings } from "../strings";
import type { Level, PlaceRow } from "../summary";
import { html } from "./dom";

/** At most twice a minute. */
const INTERVAL_MS = 30_000;

export class Announcer {
  private readonly element = html("p", "spoken");
  private last = -Infinity;

  constructor() {
    this.element.setAttribute("aria-live", "polite");
    document.body.append(this.element);
  }

  hear(level: Level | undefined, rows: readonly PlaceRow[]): void {
    const unhappiest = rows[0];
    if (!level || level.stale || !unhappiest || performance.now() - this.last < INTERVAL_MS) return;
    this.last = performance.now();
    this.element.textContent = strings.now.announce(level.mean, unhappiest.place.name, unhappiest.level);
  }
}
