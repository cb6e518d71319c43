// The recent readings of one place, or of all, in bounded memory.

/** How far back the page remembers. */
export const MEMORY_MS = 15 * 60_000;

/** The window over which a level is the mean. */
export const WINDOW_MS = 60_000;

/** Readings of the same second are kept as their sum: at any rate of readings a
 * series holds at most MEMORY_MS / BUCKET_MS of them. */
const BUCKET_MS = 1_000;

/** A silence is a gap when it is longer than 4 times what is usual here, but
 * never before the one and always after the other. */
const SHORTEST_GAP_MS = 20_000;
const LONGEST_GAP_MS = 150_000;

/** Some readings' mean and how many they are. `mean` means nothing if count is 0. */
export interface Mean {
  readonly mean: number;
  readonly count: number;
}

/**
 * The value of a line at each step: null where there is a gap, undefined where
 * there is just no reading and the line goes on to the next value.
 */
export type Line = (number | null | undefined)[];

/** Sums of readings by the second, in the order of time. */
export class Series {
  private times: number[] = [];
  private sums: number[] = [];
  private counts: number[] = [];
  private usualSilence = 0;

  /** How many seconds hold readings. */
  get size(): number {
    return this.times.length;
  }

  /** Adds a reading. Most come in order; one that was felt earlier finds its place. */
  add(time: number, happiness: number): void {
    const bucket = Math.floor(time / BUCKET_MS) * BUCKET_MS;
    let at = this.times.length;
    while (at > 0 && this.times[at - 1]! > bucket) at--;
    if (at > 0 && this.times[at - 1] === bucket) {
      this.sums[at - 1]! += happiness;
      this.counts[at - 1]!++;
      return;
    }
    if (at > 0 && at === this.times.length) this.learnSilence(bucket - this.times[at - 1]!);
    this.times.splice(at, 0, bucket);
    this.sums.splice(at, 0, happiness);
    this.counts.splice(at, 0, 1);
  }

  /** Forgets what lies before `time`. */
  trim(time: number): void {
    let gone = 0;
    while (gone < this.times.length && this.times[gone]! < time) gone++;
    if (gone === 0) return;
    this.times.splice(0, gone);
    this.sums.splice(0, gone);
    this.counts.splice(0, gone);
  }

  /** The mean of the readings after `from` and up to `to`. */
  mean(from: number, to: number): Mean {
    let sum = 0;
    let count = 0;
    for (let i = this.times.length - 1; i >= 0 && this.times[i]! > from; i--) {
      if (this.times[i]! > to) continue;
      sum += this.sums[i]!;
      count += this.counts[i]!;
    }
    return { mean: count > 0 ? sum / count : 0, count };
  }

  /** When the first reading that is remembered was felt, to the second. */
  get start(): number | undefined {
    return this.times[0];
  }

  /** The silence that makes a gap here. */
  get gap(): number {
    return Math.min(LONGEST_GAP_MS, Math.max(SHORTEST_GAP_MS, 4 * this.usualSilence));
  }

  /**
   * The line through `steps` steps of `step` ms each, the first one at `from`: at
   * each step that has readings, the mean of these and of the `window` before the
   * last of them.
   */
  line(from: number, step: number, steps: number, window = 0): Line {
    const line: Line = new Array<undefined>(steps).fill(undefined);
    const gap = this.gap;
    let previous = -1;
    let i = this.firstAt(from);
    const mean = new MovingMean(this.times, this.sums, this.counts, this.firstAt(from - window), i);
    while (i < this.times.length) {
      const column = Math.floor((this.times[i]! - from) / step);
      if (column >= steps) break;
      const start = i;
      const end = from + (column + 1) * step;
      while (i < this.times.length && this.times[i]! < end) i++;
      if (previous >= 0 && this.times[start]! - this.times[start - 1]! > gap) {
        line.fill(null, previous + 1, column);
      }
      line[column] = mean.moveTo(Math.min(this.times[start]!, this.times[i - 1]! - window + 1), i);
      previous = column;
    }
    return line;
  }

  private firstAt(time: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private learnSilence(silence: number): void {
    // A gap must not teach that gaps are usual: it counts as twice the usual.
    const capped = this.usualSilence === 0 ? silence : Math.min(silence, 2 * this.usualSilence);
    this.usualSilence += (capped - this.usualSilence) / (this.usualSilence === 0 ? 1 : 8);
  }
}

/** The mean of a stretch of buckets that only ever moves on. */
class MovingMean {
  private sum = 0;
  private count = 0;

  /** Takes in the buckets from index `first` up to `end`, which it leaves out. */
  constructor(
    private readonly times: readonly number[],
    private readonly sums: readonly number[],
    private readonly counts: readonly number[],
    private first: number,
    private end: number,
  ) {
    for (let i = first; i < end; i++) this.take(i, 1);
  }

  /** The mean from time `from` up to index `end`, which it leaves out. */
  moveTo(from: number, end: number): number {
    for (; this.end < end; this.end++) this.take(this.end, 1);
    for (; this.times[this.first]! < from; this.first++) this.take(this.first, -1);
    return this.sum / this.count;
  }

  private take(i: number, sign: 1 | -1): void {
    this.sum += sign * this.sums[i]!;
    this.count += sign * this.counts[i]!;
  }
}
