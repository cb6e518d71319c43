// A cluster whose parts are killed, in turn and at random, while clients write
// and watch: nobody who resumes misses a reading, or sees one twice.
//
//   ./bazelw test //tests/cluster:chaos_test --test_env=CHAOS_SECONDS=600 --test_timeout=1200 --test_output=streamed

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Cluster, freePorts } from "../../deploy/cluster/cluster";
import type { Process } from "../../deploy/cluster/process";
import { Viewer } from "./viewer";
import { Acknowledged, Writer } from "./writer";

const SECONDS = Number(process.env.CHAOS_SECONDS ?? 40);
const VIEWERS = 200;
const WRITERS = 8;
const BETWEEN_READINGS_MS = 200; // of each writer
const DOWN_MS = 2_000;
const SETTLE_MS = 5_000;
/** For what was acknowledged to reach all. */
const CATCH_UP_MS = 60_000;

const PARTS = ["stream's leader", "service", "bridge"] as const;
type Part = (typeof PARTS)[number];

class Chaos {
  readonly acknowledged = new Acknowledged();
  readonly viewers: readonly Viewer[];
  readonly writers: readonly Writer[];
  private longestDelay = 0; // of a delivery, from its acknowledgement, in ms

  constructor(private readonly cluster: Cluster) {
    const bridges = [cluster.url(0), cluster.url(1)];
    this.viewers = Array.from({ length: VIEWERS }, (_, i) => {
      return new Viewer(`viewer ${i}`, bridges, i, (id) => this.note(id));
    });
    this.writers = Array.from({ length: WRITERS }, (_, i) => {
      return new Writer(`writer-${i}`, bridges, BETWEEN_READINGS_MS, this.acknowledged);
    });
  }

  /** Kills one of that kind, has it back after a while, and says for how long that was felt. */
  async kill(part: Part): Promise<void> {
    await this.recordingGoesOn();
    const victim = await this.victim(part);
    if (!victim) return;
    this.acknowledged.longestPause = 0;
    this.longestDelay = 0;
    await victim.end("SIGKILL");
    await setTimeout(DOWN_MS);
    victim.start();
    await setTimeout(SETTLE_MS);
    const recording = Math.max(this.acknowledged.longestPause, Date.now() - this.acknowledged.lastAt);
    console.log(`${victim.name} (${part}): recording paused for ${recording} ms, delivery for ${this.longestDelay} ms`);
  }

  /** So that a pause is that of one death. */
  private async recordingGoesOn(): Promise<void> {
    for (let before = 0; before < 2 * WRITERS; await setTimeout(100)) {
      if (Date.now() - this.acknowledged.lastAt > BETWEEN_READINGS_MS) before = 0;
      else ++before;
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.stop()));
    const limit = Date.now() + CATCH_UP_MS;
    const count = this.acknowledged.sequences.size;
    while (this.viewers.some((viewer) => viewer.ids.length < count) && Date.now() < limit) await setTimeout(100);
    for (const viewer of this.viewers) viewer.close();
  }

  private note(id: string): void {
    const acknowledged = this.acknowledged.times.get(id);
    if (acknowledged !== undefined) this.longestDelay = Math.max(this.longestDelay, Date.now() - acknowledged);
  }

  private async victim(part: Part): Promise<Process | undefined> {
    if (part === "stream's leader") {
      // There may be an election.
      for (let tries = 0; tries < 100; ++tries) {
        const leader = await this.cluster.leader();
        if (leader) return leader;
        await setTimeout(100);
      }
      return undefined;
    }
    const processes = part === "service" ? this.cluster.services : this.cluster.bridges;
    return processes[Math.floor(Math.random() * processes.length)];
  }
}

test("whatever dies, every acknowledged reading reaches every viewer once and in order", async () => {
  const cluster = new Cluster({ ports: await freePorts() });
  try {
    await cluster.start();
    const chaos = new Chaos(cluster);
    const end = Date.now() + SECONDS * 1_000;
    for (let round = 0; Date.now() < end; ++round) {
      const random = Math.floor(Math.random() * PARTS.length);
      await chaos.kill(PARTS[round < PARTS.length ? round : random]!);
    }
    await chaos.settle();
    const expected = [...chaos.acknowledged.sequences].sort(([, a], [, b]) => a - b).map(([id]) => id);
    console.log(
      `${expected.length} readings, ${VIEWERS} viewers, which resumed ` +
        `${chaos.viewers.reduce((sum, viewer) => sum + viewer.resumed, 0)} times`,
    );
    assert.ok(expected.length > SECONDS);
    for (const viewer of chaos.viewers) {
      assert.deepEqual(viewer.faults, []);
      assert.deepEqual(viewer.ids, expected);
    }
  } catch (error) {
    for (const process of cluster.all) console.error(`${process.name}:\n${process.lastLines(40)}`);
    throw error;
  } finally {
    await cluster.stop();
  }
});
