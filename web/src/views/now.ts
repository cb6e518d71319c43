// The level now: a face and a figure.

import type { Status } from "../follow";
import { strings } from "../strings";
import type { Level } from "../summary";
import { byId, html, setText } from "./dom";
import { FaceView } from "./face";

/** The level that the face of an empty page has. */
const NEUTRAL = 5;

/** How often the face blinks, while it is live. */
const BLINK_MS = 9_000;

/** The share of the way to the new level that is gone in a frame's 16 ms. */
const EASE = 0.12;

export class NowView {
  private readonly card = byId("now");
  private readonly face = new FaceView();
  private readonly figure = html("p", "now-figure");
  private readonly trend = html("p", "now-trend");
  private readonly trendMark = html("span", "now-trend-mark");
  private readonly trendText = html("span");
  private readonly rest = html("p", "now-rest");
  private readonly calm = matchMedia("(prefers-reduced-motion: reduce)");
  private shown: number | undefined;
  private target = NEUTRAL;
  private easing = false;

  /**
   * @param what whose level it is
   * @param bridge where readings should come from
   */
  constructor(
    what: string,
    private readonly bridge: string,
  ) {
    this.card.setAttribute("aria-label", strings.now.label);
    this.trend.append(this.trendMark, " ", this.trendText);
    this.card.append(this.face.element, html("div", "now-words", html("p", "now-what", what), this.figure, this.trend, this.rest));
    this.face.show(NEUTRAL);
    setInterval(() => this.blink(), BLINK_MS);
  }

  private blink(): void {
    const stale = this.card.classList.contains("is-stale");
    if (!stale && !this.calm.matches && !document.hidden) this.face.blink();
  }

  /** @param trusted whether the stream is there; without it nothing is live */
  show(level: Level | undefined, status: Status, attempts: number, trusted: boolean, now: number): void {
    if (!level) {
      this.showNothing(status, attempts);
      return;
    }
    const stale = level.stale || !trusted;
    this.card.classList.toggle("is-stale", stale);
    this.card.classList.remove("is-empty");
    this.easeTo(level.mean);
    if (stale) this.showTrend(undefined, strings.now.stale(now - level.latestTime));
    else if (level.trend === undefined) this.showTrend(undefined, strings.now.trendNone);
    else this.showTrend(level.trend, strings.now.trendText);
    setText(
      this.rest,
      stale
        ? strings.now.staleRest(level.places, level.readings)
        : strings.now.restsOn(level.places, level.readings),
    );
    document.title = strings.titleWith(level.mean);
  }

  private showNothing(status: Status, attempts: number): void {
    const { now } = strings;
    this.card.classList.add("is-stale", "is-empty");
    const [title, text] =
      status.kind === "live"
        ? [now.empty, now.emptyText]
        : attempts === 0
          ? [now.waiting, now.waitingText]
          : [now.noBridge, now.noBridgeText(this.bridge)];
    setText(this.figure, title);
    this.showTrend(undefined, text);
    setText(this.rest, "");
    this.shown = undefined;
    document.title = strings.title;
  }

  private showTrend(trend: number | undefined, text: string): void {
    const rounded = trend === undefined ? 0 : Math.round(trend * 10);
    this.trend.dataset.trend = trend === undefined ? "none" : rounded > 0 ? "up" : rounded < 0 ? "down" : "same";
    const arrow = rounded > 0 ? "▲ " : rounded < 0 ? "▼ " : "± ";
    setText(this.trendMark, trend === undefined ? "" : arrow + strings.now.trend(trend));
    setText(this.trendText, text);
  }

  private easeTo(level: number): void {
    this.target = level;
    if (this.shown === undefined || this.calm.matches) this.draw(level);
    else if (!this.easing) this.step();
  }

  private step(): void {
    const left = this.target - (this.shown ?? this.target);
    this.easing = Math.abs(left) > 0.004;
    this.draw(this.easing ? this.target - left * (1 - EASE) : this.target);
    if (this.easing) requestAnimationFrame(() => this.step());
  }

  private draw(level: number): void {
    this.shown = level;
    this.face.show(level);
    setText(this.figure, strings.level(level));
  }
}
