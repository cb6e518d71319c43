// How much of the past the chart shows: one of a few.

import { isRange, RANGES, type RangeId } from "../range";
import { strings } from "../strings";
import { byId, html } from "./dom";

export class RangesView {
  private readonly buttons = new Map<RangeId, HTMLButtonElement>();

  constructor(onChoice: (range: RangeId) => void) {
    const box = byId("ranges");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", strings.ranges.label);
    for (const range of Object.keys(RANGES).filter(isRange)) {
      const button = html("button", "range", strings.ranges.names[range]);
      button.type = "button";
      button.addEventListener("click", () => onChoice(range));
      this.buttons.set(range, button);
      box.append(button);
    }
  }

  /** Undefined: none, for the reader has zoomed. */
  show(chosen: RangeId | undefined): void {
    for (const [range, button] of this.buttons) button.setAttribute("aria-pressed", String(range === chosen));
  }
}
