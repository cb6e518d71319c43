// Asking for the past: the JSON of happiness.v1.QueryHistoryResponse.

import { isObject, type Json } from "./reading";

/** What a history is about. Times are in milliseconds, since 1970. */
export interface Subject {
  /** The world if there are none. */
  readonly places: readonly string[];
  readonly from: number;
  /** Undefined where it goes on live. */
  readonly to: number | undefined;
  /** How long it is. */
  readonly span: number;
  /** What suits the service if undefined. */
  readonly step: number | undefined;
}

/** The level of one step of time. */
export interface Step {
  /** When it starts, in milliseconds since 1970. */
  readonly time: number;
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

export interface History {
  readonly steps: readonly Step[];
  /** The length of a step, in milliseconds. */
  readonly step: number;
  /** The readings up to this sequence are in it. */
  readonly lastSequence: number;
  /** How many steps are left out because too few contributed. */
  readonly withheld: number;
}

/** Undefined for anything else. */
export function historyFromJson(json: unknown): History | undefined {
  if (!isObject(json)) return undefined;
  const step = /^(\d+)s$/.exec(String(json.step))?.[1];
  const lastSequence = Number(json.lastSequence);
  if (!step || !Number.isInteger(lastSequence)) return undefined;
  const withheld = Number(json.withheldSteps ?? 0);
  return { step: Number(step) * 1_000, lastSequence, withheld, steps: list(json.steps).flatMap(stepFromJson) };
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

function stepFromJson(json: unknown): Step | [] {
  if (!isObject(json) || !isObject(json.level)) return [];
  const time = Date.parse(String(json.startTime));
  const { mean, min, max } = json.level as Json;
  const count = Number(json.level.count);
  if (Number.isNaN(time) || !(count >= 1)) return [];
  if (typeof mean !== "number" || typeof min !== "number" || typeof max !== "number") return [];
  return { time, count, mean, min, max };
}
