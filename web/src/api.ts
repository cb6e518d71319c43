// What the page asks the service for. No function here throws.

import { BridgeError, type Bridge, type State, type Stream } from "../client/src";
import { historyFromJson, type History, type Subject } from "./history";
import { isObject, readingFromJson } from "./reading";
import type { Answer, Draft } from "./record";
import { strings } from "./strings";

const SERVICE = "happiness.v1.HappinessService/";

/** The readings asked for at first: what the list and its small lines are made of, 2 MB at
 * most. A quarter of them at a time. */
const BACKLOG = 8_192;
const WINDOW = 2_048;

const TIMEOUT_MS = 10_000;

/** The readings of a place that are shown with it. */
export const READINGS = 30;

/** Where the log was replaced, a number may be another reading's. */
const same = (last: unknown, again: unknown): boolean =>
  isObject(last) && isObject(again) && last.readingId === again.readingId;

export class Api {
  constructor(private readonly bridge: Bridge) {}

  /** The latest readings, of some places or of all, and those that follow. */
  readings(places: readonly string[], onState: (state: State) => void): Stream<unknown> {
    return this.bridge.stream(`${SERVICE}StreamReadings`, { places, backlog: BACKLOG }, { same, onState, window: WINDOW });
  }

  /** Those of one place that are shown with it. */
  placeReadings(place: string, onState: (state: State) => void): Stream<unknown> {
    return this.bridge.stream(`${SERVICE}StreamReadings`, { places: [place], backlog: READINGS }, { same, onState });
  }

  /** The level of the world each second, without its places. */
  summaries(onState: (state: State) => void): Stream<unknown> {
    return this.bridge.stream(`${SERVICE}StreamSummaries`, { limit: 0 }, { delivery: "latest", onState });
  }

  /** The history of a place; of all if that is "". */
  async history(place: string, { from, to, step }: Subject): Promise<History | undefined> {
    const request = {
      place,
      startTime: new Date(from).toISOString(),
      ...(to !== undefined && { endTime: new Date(to).toISOString() }),
      ...(step !== undefined && { step: `${step / 1_000}s` }),
    };
    const answers = this.bridge.stream(`${SERVICE}QueryHistory`, request, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    try {
      for await (const answer of answers) return historyFromJson(answer);
    } catch {
      // The caller asks again.
    }
    return undefined;
  }

  /** Records a reading. */
  async record(draft: Draft): Promise<Answer> {
    const request = { reading: { ...draft, source: "web" } };
    try {
      const json = await this.bridge.call(`${SERVICE}RecordReading`, request, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const reading = readingFromJson(json);
      return reading ? { reading } : { message: strings.feel.failedWith(200), refused: false };
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code === 0) return { message: strings.feel.unreachable, refused: false };
      const { status, code, message, passes } = error;
      return { message: status === "UNKNOWN" ? strings.feel.failedWith(code) : message, refused: !passes };
    }
  }
}
