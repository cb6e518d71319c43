// The level of the world as the service tells it: the JSON of happiness.v1.Summary.

import { isObject } from "./reading";

/** How long one is good: as a rule the next comes after a second. */
const GOOD_MS = 5_000;

export interface Told {
  readonly mean: number;
  /** How many readings of the last minute, and of how many places, it rests on. */
  readonly readings: number;
  readonly places: number;
  readonly trend: number | undefined;
  /** Later than this, in milliseconds since 1970, it says nothing of now. */
  readonly until: number;
}

/** Undefined for anything else, and in a silent world. */
export function toldFromJson(json: unknown, now: number): Told | undefined {
  if (!isObject(json) || !isObject(json.world)) return undefined;
  const { mean, trend } = json.world;
  const [readings, places] = [Number(json.world.count), Number(json.morePlaces)];
  if (typeof mean !== "number" || !(readings >= 1) || !(places >= 0)) return undefined;
  return { mean, readings, places, trend: typeof trend === "number" ? trend : undefined, until: now + GOOD_MS };
}
