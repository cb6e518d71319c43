// What the page asks the service for, over HTTP. No function here throws.

import { historyFromJson, readingsFromJson, type History, type Subject } from "./history";
import { parseJson, type Reading } from "./reading";
import { answerOf, type Answer, type Draft } from "./record";
import { strings } from "./strings";

/** The readings asked for at the first connection: what the list and its small
 * lines are made of, 2 MB at most. */
const BACKLOG = 8_192;

const TIMEOUT_MS = 10_000;

/** The readings of a place that are shown with it. */
export const READINGS = 30;

export class Api {
  /** @param base where the bridge is: a page's own address, or another */
  constructor(private readonly base: string) {}

  /**
   * The stream of readings from `lastSequence` on; from a backlog on if that is 0.
   * The last one seen comes once more: where its number is another reading's now,
   * the log was replaced, and the page notices.
   */
  streamUrl(places: readonly string[], lastSequence: number): string {
    const url = this.url("happiness", places.map((place) => ["places", place]));
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (lastSequence === 0) url.searchParams.set("backlog", String(BACKLOG));
    else url.searchParams.set("after_sequence", String(lastSequence - 1));
    return url.href;
  }

  /** The history of a place; of all if that is "". */
  async history(place: string, { from, to, step }: Subject): Promise<History | undefined> {
    const query: [string, string][] = [["start_time", new Date(from).toISOString()]];
    if (place) query.push(["place", place]);
    if (to !== undefined) query.push(["end_time", new Date(to).toISOString()]);
    if (step !== undefined) query.push(["step", `${step / 1_000}s`]);
    return historyFromJson(await this.get("happiness/history", query));
  }

  /** The latest readings of a place, newest first. */
  async readings(place: string): Promise<Reading[] | undefined> {
    return readingsFromJson(
      await this.get("happiness/readings", [["places", place], ["page_size", String(READINGS)]]),
    );
  }

  /** Records a reading. */
  async record(draft: Draft): Promise<Answer> {
    try {
      const response = await fetch(this.url("happiness"), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...draft, source: "web" }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return answerOf(response.status, await response.text(), strings.feel.failedWith(response.status));
    } catch {
      return { message: strings.feel.unreachable, refused: false };
    }
  }

  private async get(path: string, query: readonly (readonly [string, string])[]): Promise<unknown> {
    try {
      const response = await fetch(this.url(path, query), { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return response.ok ? parseJson(await response.text()) : undefined;
    } catch {
      return undefined;
    }
  }

  private url(path: string, query: readonly (readonly [string, string])[] = []): URL {
    const url = new URL(path, this.base);
    for (const [name, value] of query) url.searchParams.append(name, value);
    return url;
  }
}
