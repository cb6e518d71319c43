// The path of a sparkline: pure text, drawn by whoever has an SVG path.

import type { Line } from "./series";

/** A sparkline spans at least this many of the scale's 10, so that a calm place
 * looks calm. */
const LEAST_SPAN = 3;

/** The path of a line in a box of `width` by `height`. A gap stays open, and a
 * value that stands alone is a dot. */
export function sparkPath(line: Line, width: number, height: number): string {
  const values = line.filter((value): value is number => typeof value === "number");
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = Math.max(LEAST_SPAN, high - low);
  const top = (low + high + span) / 2;
  const stepX = line.length > 1 ? width / (line.length - 1) : 0;
  let path = "";
  let run = 0;
  const closeRun = (): void => {
    if (run === 1) path += "h0.01";
    run = 0;
  };
  line.forEach((value, i) => {
    if (value === null) closeRun();
    if (typeof value !== "number") return;
    path += `${run === 0 ? "M" : "L"}${(i * stepX).toFixed(1)} ${(((top - value) / span) * height).toFixed(1)}`;
    run++;
  });
  closeRun();
  return path;
}
