// Go and save the day: the one who has waited longest.

import type { Alert } from "../alerts";
import { strings } from "../strings";
import { byId, html, setText } from "./dom";

export class BannerView {
  private readonly box = byId("banner");
  private readonly what = html("strong", "banner-what");
  private readonly why = html("span", "banner-why");
  private readonly more = html("span", "banner-more");
  private readonly words = html("p", "banner-words", this.what, " ", this.why, " ", this.more);
  private readonly button = html("button", "banner-take", strings.alert.take);
  private place: string | undefined;

  /** @param onTake somebody is on the way to a place */
  constructor(onTake: (place: string) => void) {
    this.box.setAttribute("aria-label", strings.alert.label);
    this.words.setAttribute("role", "status");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.place !== undefined && onTake(this.place));
    this.box.append(this.words, this.button);
  }

  show(alerts: readonly Alert[]): void {
    const [first, ...others] = alerts;
    this.box.hidden = !first;
    this.place = first?.place;
    if (!first) {
      setText(this.what, "");
      return;
    }
    const { alert } = strings;
    const { place, level, drop, readings } = first;
    setText(this.what, drop === undefined ? alert.low(place, level) : alert.fell(place, level));
    setText(this.why, drop === undefined ? alert.rests(readings) : alert.restsDrop(drop, readings));
    setText(this.more, others.length > 0 ? alert.more(others.length) : "");
    this.button.setAttribute("aria-label", alert.takeLabel(place));
  }
}
