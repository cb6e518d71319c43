// What the stream carries, as this page uses it: the JSON of happiness.v1.Reading.
// A small shape by hand rather than a generated type: whatever comes off the wire
// has to be checked anyway, and the check yields the type.

/** One reading, as it was recorded. */
export interface Reading {
  /** The reading's number in the log, from 1. int64 on the wire; a number here
   * is exact up to 2^53, which a log reaches after 285,000 years of 1,000 a second. */
  readonly sequence: number;
  readonly id: string;
  /** When it was felt, in milliseconds since 1970. */
  readonly time: number;
  readonly place: string;
  /** 0 to 10. */
  readonly happiness: number;
  readonly source: string;
}

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Reads a Reading out of its JSON; undefined for anything else. A happiness of
 * 0 is a reading like any other, one without happiness is none. */
export function readingFromJson(json: unknown): Reading | undefined {
  if (!isObject(json)) return undefined;
  const { happiness, place, readingId: id } = json;
  if (typeof happiness !== "number" || !(happiness >= 0 && happiness <= 10)) return undefined;
  if (typeof place !== "string" || place === "") return undefined;
  if (typeof id !== "string" || id === "") return undefined;
  const sequence = Number(json.sequence);
  if (!Number.isInteger(sequence) || sequence < 1) return undefined;
  const time = Date.parse(text(json.observeTime));
  if (Number.isNaN(time)) return undefined;
  return { sequence, id, time, place, happiness, source: text(json.source) };
}
