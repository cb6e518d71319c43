// A writer that loses nothing: it sends each reading, always with its id, until
// one of the bridges has answered for it.

import { setTimeout } from "node:timers/promises";

/** Longer than a reading is tried for by the service. */
const ANSWER_MS = 20_000;

/** What was acknowledged. */
export class Acknowledged {
  /** The sequence of each reading, by its id, and when it was acknowledged. */
  readonly sequences = new Map<string, number>();
  readonly times = new Map<string, number>();
  /** When the last acknowledgement came, and the longest time between two since that was reset. */
  lastAt = Date.now();
  longestPause = 0;

  add(id: string, sequence: number): void {
    const now = Date.now();
    this.longestPause = Math.max(this.longestPause, now - this.lastAt);
    this.lastAt = now;
    this.sequences.set(id, sequence);
    this.times.set(id, now);
  }
}

export class Writer {
  private stopped = false;
  private readonly done: Promise<void>;

  /** Writes until it is stopped, with a pause of `interval` ms between two readings. */
  constructor(
    private readonly name: string,
    private readonly bridges: readonly string[],
    private readonly interval: number,
    private readonly acknowledged: Acknowledged,
  ) {
    this.done = this.run();
  }

  /** Returns when all that it has begun is acknowledged. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async run(): Promise<void> {
    for (let i = 1; !this.stopped; ++i) {
      const id = `${this.name}-${i}`;
      let sequence: number | undefined;
      for (let attempt = i; sequence === undefined; ++attempt) {
        sequence = await this.send(id, this.bridges[attempt % this.bridges.length]!);
        if (sequence === undefined) await setTimeout(100);
      }
      this.acknowledged.add(id, sequence);
      await setTimeout(this.interval);
    }
  }

  /** The reading's sequence; undefined if it is to be sent again. */
  private async send(id: string, bridge: string): Promise<number | undefined> {
    try {
      const response = await fetch(`${bridge}/happiness`, {
        method: "POST",
        body: JSON.stringify({ place: `Place ${id.length % 5}`, happiness: 5, reading_id: id }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!response.ok) {
        await response.text();
        return undefined;
      }
      return Number(((await response.json()) as { sequence: string }).sequence);
    } catch {
      return undefined; // The bridge is gone.
    }
  }
}
