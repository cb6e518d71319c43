// Go and save the day: the one who has waited longest.

import type { Alert } from "../alerts";
import { strings } from "../strings";
import { byId, html, setText } from "./dom";

/** How long each has its turn where they rotate. */
const TURN_MS = 10_000;

const DOUBLE_CLICK_MS = 600;

export class BannerView {
  private readonly box = byId("banner");
  private readonly what = html("strong", "banner-what");
  private readonly why = html("span", "banner-why");
  private readonly more = html("span", "banner-more");
  private readonly words = html("p", "banner-words", this.what, " ", this.why, " ", this.more);
  /** What a screen reader hears: who, not each new figure. */
  private readonly spoken = html("p", "spoken");
  private readonly button = html("button", "banner-take", strings.alert.take);
  private place: string | undefined;
  private clicked = -Infinity;

  /**
   * @param onTake somebody is on the way to a place
   * @param rotates nobody can say so: each has its turn
   */
  constructor(
    onTake: (place: string) => void,
    private readonly rotates: boolean,
  ) {
    this.box.setAttribute("aria-label", strings.alert.label);
    this.words.setAttribute("aria-hidden", "true");
    this.spoken.setAttribute("role", "status");
    this.button.type = "button";
    this.button.addEventListener("click", () => {
      // A double click means one place, not the next one, too.
      if (this.place === undefined || performance.now() - this.clicked < DOUBLE_CLICK_MS) return;
      this.clicked = performance.now();
      onTake(this.place);
    });
    this.box.before(this.spoken);
    this.box.append(this.words, this.button);
  }

  /** @param heir what has the focus when the banner goes that has it */
  show(alerts: readonly Alert[], heir: HTMLElement, now: number): void {
    const turn = this.rotates ? Math.floor(now / TURN_MS) % Math.max(1, alerts.length) : 0;
    const shown = alerts[turn];
    if (!shown && this.box.contains(document.activeElement)) heir.focus({ preventScroll: true });
    this.box.hidden = !shown;
    this.place = shown?.place;
    if (!shown) return setText(this.spoken, "");
    const { alert } = strings;
    const { place, level, drop, readings } = shown;
    const what = drop === undefined ? alert.low(place, level) : alert.fell(place, level);
    setText(this.what, what);
    setText(this.why, drop === undefined ? alert.rests(readings) : alert.restsDrop(drop, readings));
    setText(this.more, alerts.length > 1 ? alert.more(alerts.length - 1) : "");
    if (this.spoken.dataset.place !== place) {
      this.spoken.dataset.place = place;
      setText(this.spoken, what);
    }
    this.button.setAttribute("aria-label", alert.takeLabel(place));
  }
}
