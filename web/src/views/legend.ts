// The colour scale, with words at its ends.

import { colourOf } from "../scale";
import { strings } from "../strings";
import { byId, html } from "./dom";

const STEPS = 40;

export function showLegend(): void {
  const colours = Array.from({ length: STEPS + 1 }, (_, i) => colourOf((10 * i) / STEPS));
  const bar = html("span", "legend-bar");
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  byId("legend").append(html("span", "", strings.chart.unhappy), bar, html("span", "", strings.chart.happy));
}
