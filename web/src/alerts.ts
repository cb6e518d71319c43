// Who needs cheering up: pure, over the rows of the list.

import { WINDOW_MS } from "./series";
import type { PlaceRow } from "./summary";

export interface Alert {
  readonly place: string;
  /** When it was noticed, in milliseconds since 1970. */
  readonly since: number;
  /** The level is low, or was until just now. */
  low: boolean;
  /** By how much it fell within the window, if it did not long ago. */
  drop: number | undefined;
  level: number;
  readings: number;
}

/** A fall by more than this, within the window, is called out. */
export const DROP = 2;

/** A place is well again when it is so much above where it was called out. */
const RECOVERY = 0.5;

/** A place that fell, and stays where it is, is called out for no longer. */
const DROP_MS = 10 * 60_000;

/** Nobody is sent to a place that has been silent for longer. */
const SILENCE_MS = 3 * WINDOW_MS;

/** Alerts at a time, and places that are taken; the page shows one after another. */
const MOST = 100;

export class Alerts {
  private readonly known = new Map<string, Alert>();
  /** Where somebody is on the way, until the place is well again. */
  private readonly taken: Set<string>;

  /**
   * @param below the level below which a place is called out
   * @param taken the places that were taken when the page was here last
   */
  constructor(
    private readonly below: number,
    taken: readonly string[] = [],
  ) {
    this.taken = new Set(taken.slice(0, MOST));
  }

  /** Takes in how the places are: all that are known. */
  update(rows: readonly PlaceRow[], now: number): void {
    const seen = new Set<string>();
    for (const row of rows) {
      seen.add(row.place.name);
      if (row.stale) this.hearNothing(row, now);
      else this.hear(row, now);
    }
    for (const place of this.known.keys()) if (!seen.has(place)) this.known.delete(place);
  }

  /** Somebody is on the way to a place. */
  take(place: string): void {
    this.taken.add(place);
    if (this.taken.size > MOST) this.taken.delete(this.taken.values().next().value as string);
  }

  /** The places that are taken, to be remembered. */
  takenPlaces(): string[] {
    return [...this.taken];
  }

  /** Those that nobody has taken, the oldest first. */
  open(): Alert[] {
    return [...this.known.values()].filter(({ place }) => !this.taken.has(place)).sort((a, b) => a.since - b.since);
  }

  private hear(row: PlaceRow, now: number): void {
    const place = row.place.name;
    const { level, count: readings } = row;
    const drop = row.trend !== undefined && row.trend < -DROP ? -row.trend : undefined;
    const alert = this.known.get(place);
    if (!alert) {
      const low = level < this.below;
      if (!low && drop === undefined) this.release(place, level);
      else if (this.known.size < MOST) this.known.set(place, { place, since: now, low, drop, level, readings });
      return;
    }
    alert.level = level;
    alert.readings = readings;
    alert.low = level < this.below + (alert.low ? RECOVERY : 0);
    if ((row.trend ?? 0) > RECOVERY || now - alert.since > DROP_MS) alert.drop = undefined;
    if (alert.low || alert.drop !== undefined) return;
    this.known.delete(place);
    this.release(place, level);
  }

  private hearNothing(row: PlaceRow, now: number): void {
    if (now - row.latestTime > SILENCE_MS) this.known.delete(row.place.name);
  }

  private release(place: string, level: number): void {
    if (level >= this.below + RECOVERY) this.taken.delete(place);
  }
}
