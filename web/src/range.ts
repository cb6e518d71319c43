// How much of the past the chart shows, and in which steps.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Range {
  /** From now backwards. */
  readonly span: number;
  /** Whole minutes and hours are answered from roll-ups, whatever the number of
   * readings. */
  readonly step: number;
}

/** In milliseconds. */
export const RANGES = {
  "15m": { span: 15 * MINUTE, step: 10 * SECOND },
  "1h": { span: HOUR, step: MINUTE },
  "24h": { span: DAY, step: 10 * MINUTE },
  "7d": { span: 7 * DAY, step: HOUR },
  "1y": { span: 365 * DAY, step: DAY },
} as const satisfies Record<string, Range>;

export type RangeId = keyof typeof RANGES;

export const isRange = (text: string): text is RangeId => Object.hasOwn(RANGES, text);

/** A new log's chart shows this share of the range at least, and grows. */
const LEAST_SHARE = 2 / 15;

/** Where a chart of `span` begins whose first value is at `first`. */
export function startOf(first: number | undefined, span: number, now: number): number {
  return Math.max(now - span, Math.min(first ?? now, now - span * LEAST_SHARE));
}
