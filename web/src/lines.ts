// Which places the chart draws loud, and what uPlot draws of them.

import { MEMORY_MS, WINDOW_MS, type Line } from "./series";
import type { PlaceRow } from "./summary";

/** Up to this many places all are drawn alike. */
export const ALL_LOUD = 12;

/** Of more places the unhappiest stand out, and the others are quiet. */
export const UNHAPPIEST = 5;

/** At most: all, and one more that the reader points at. */
export const MAX_LOUD = ALL_LOUD + 1;

/** A line has a value for each step of this many milliseconds. */
export const STEP_MS = 5_000;
const STEPS = MEMORY_MS / STEP_MS + 1;

export interface Lines {
  readonly loud: readonly PlaceRow[];
  readonly quiet: readonly PlaceRow[];
}

/** Chooses among the places that the page remembers readings of, unhappiest
 * first. The place in focus is always loud. */
export function chooseLines(rows: readonly PlaceRow[], focus: string | undefined): Lines {
  const drawn = rows.filter((row) => row.recent && row.place.series.size > 0);
  const loudest = drawn.length <= ALL_LOUD ? drawn.length : UNHAPPIEST;
  const isLoud = (row: PlaceRow, rank: number): boolean => rank < loudest || row.place.name === focus;
  return {
    loud: drawn.filter(isLoud),
    quiet: drawn.filter((row, rank) => !isLoud(row, rank)),
  };
}

/** The steps of the chart at a moment. */
export interface Steps {
  /** The first step, in milliseconds. */
  readonly from: number;
  /** All of them, in seconds, as uPlot wants them. */
  readonly seconds: readonly number[];
}

export function stepsAt(now: number): Steps {
  const from = Math.floor((now - MEMORY_MS) / STEP_MS) * STEP_MS;
  return { from, seconds: Array.from({ length: STEPS }, (_, i) => (from + i * STEP_MS) / 1_000) };
}

/** The shortest time that the chart shows: a new one grows from here. */
const SHORTEST_MS = 2 * 60_000;

/** The left end of the chart, when the first reading was felt at `since`. */
export function startOf(since: number | undefined, now: number): number {
  return Math.max(now - MEMORY_MS, Math.min(since ?? now, now - SHORTEST_MS));
}

/** A place's level over time: at its end it is the level that the list shows. */
export function lineOf(row: PlaceRow, steps: Steps): Line {
  return row.place.series.line(steps.from, STEP_MS, STEPS, WINDOW_MS);
}

/** The index of a line's last value, -1 if it has none. */
export function lastIndex(line: Line): number {
  let i = line.length - 1;
  while (i >= 0 && typeof line[i] !== "number") i--;
  return i;
}

/** The values with a gap, or nothing at all, on either side: no stroke would show them. */
export function lonely(line: Line): number[] {
  const alone: number[] = [];
  let run: number[] = [];
  line.forEach((value, i) => {
    if (typeof value === "number") run.push(i);
    if (value !== null && i < line.length - 1) return;
    if (run.length === 1) alone.push(run[0]!);
    run = [];
  });
  return alone;
}
