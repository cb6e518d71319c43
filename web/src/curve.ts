// The level over time, step by step: a history, and what was recorded since.
// The two meet at a sequence number: no reading is missing, and none counts
// twice.

import type { History, Step } from "./history";
import type { Reading } from "./reading";

/** What uPlot draws. Null where there is a gap. */
export type Values = (number | null)[];

/** A curve's columns, one value for each step. */
export interface Columns {
  /** In seconds, the middle of each step, or of what is seen of it. */
  readonly times: number[];
  readonly means: Values;
  readonly mins: Values;
  readonly maxs: Values;
}

interface Bucket {
  sum: number;
  count: number;
  min: number;
  max: number;
}

/** A silence of more steps than these, and of more than four times the usual
 * one, is a gap. */
const SHORTEST_GAP = 3;
const UNUSUAL = 4;

/** Steps of a curve; more are not kept, the oldest go first. */
const MOST_BUCKETS = 12_000;

/** A curve of some places, or of all. */
export class Curve {
  private readonly buckets = new Map<number, Bucket>();
  /** By place, "" for all: up to which reading its history goes. */
  private readonly included = new Map<string, number>();
  /** Steps that the history left out because too few contributed. */
  withheld = 0;

  /** @param step the length of a step, in milliseconds */
  constructor(readonly step: number) {}

  /** Takes in the history of a place; of all if that is "". */
  load(place: string, history: History): void {
    this.included.set(place, history.lastSequence);
    this.withheld += history.withheld;
    for (const step of history.steps) this.merge(step.time, ofStep(step));
    this.bound();
  }

  /** Takes in a reading, unless the history has it. Whether it did. */
  add(reading: Reading): boolean {
    const included = this.included.get("") ?? this.included.get(reading.place);
    if (included === undefined || reading.sequence <= included) return false;
    const { happiness, time } = reading;
    this.merge(time, { sum: happiness, count: 1, min: happiness, max: happiness });
    this.bound();
    return true;
  }

  /** Forgets the steps that end before `time`. */
  trim(time: number): void {
    for (const start of this.buckets.keys()) if (start + this.step <= time) this.buckets.delete(start);
  }

  /** When the first step with readings starts; undefined if there is none. */
  get start(): number | undefined {
    let first: number | undefined;
    for (const start of this.buckets.keys()) if (first === undefined || start < first) first = start;
    return first;
  }

  /**
   * The steps between two times. If it is live, the step that is under way at
   * `to` is filled up with the end of the one before, so that its first reading
   * is not its mean.
   */
  columns(from: number, to: number, live = false): Columns {
    const starts = [...this.buckets.keys()].filter((start) => start + this.step > from && start <= to);
    starts.sort((a, b) => a - b);
    const gap = gapOf(starts, this.step);
    const columns: Columns = { times: [], means: [], mins: [], maxs: [] };
    const push = (time: number, mean: number | null, min: number | null, max: number | null): void => {
      const start = Math.max(time, from);
      const end = Math.min(time + this.step, to);
      columns.times.push((start + end) / 2_000);
      columns.means.push(mean);
      columns.mins.push(min);
      columns.maxs.push(max);
    };
    starts.forEach((start, i) => {
      const before = starts[i - 1];
      if (before !== undefined && start - before > gap) push(before + this.step, null, null, null);
      const { sum, count, min, max } = live ? this.filledUp(start, to) : this.buckets.get(start)!;
      push(start, sum / count, min, max);
    });
    return columns;
  }

  private filledUp(start: number, to: number): Bucket {
    const bucket = this.buckets.get(start)!;
    const before = this.buckets.get(start - this.step);
    const missing = 1 - (to - start) / this.step;
    if (!before || missing <= 0) return bucket;
    return {
      sum: bucket.sum + missing * before.sum,
      count: bucket.count + missing * before.count,
      min: Math.min(bucket.min, before.min),
      max: Math.max(bucket.max, before.max),
    };
  }

  private merge(time: number, added: Bucket): void {
    const start = Math.floor(time / this.step) * this.step;
    const bucket = this.buckets.get(start);
    if (!bucket) {
      this.buckets.set(start, added);
      return;
    }
    bucket.sum += added.sum;
    bucket.count += added.count;
    bucket.min = Math.min(bucket.min, added.min);
    bucket.max = Math.max(bucket.max, added.max);
  }

  private bound(): void {
    if (this.buckets.size <= MOST_BUCKETS) return;
    const starts = [...this.buckets.keys()].sort((a, b) => a - b);
    for (const start of starts.slice(0, starts.length - MOST_BUCKETS)) this.buckets.delete(start);
  }
}

const ofStep = ({ mean, count, min, max }: Step): Bucket => ({ sum: mean * count, count, min, max });

/** The silence that makes a gap, from one step's start to the next one's. */
function gapOf(starts: readonly number[], step: number): number {
  const silences = starts.slice(1).map((start, i) => start - starts[i]!);
  silences.sort((a, b) => a - b);
  return Math.max(SHORTEST_GAP * step, UNUSUAL * (silences[(silences.length - 1) >> 1] ?? 0));
}

/** The indices of values with a gap, or nothing at all, on either side: no stroke would
 * show them. */
export function lonely(values: Values): number[] {
  return values.flatMap((value, i) =>
    typeof value === "number" && typeof values[i - 1] !== "number" && typeof values[i + 1] !== "number" ? [i] : [],
  );
}
