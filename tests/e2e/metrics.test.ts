// /metrics, and what is drawn and watched with it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { recordLines, recordOne, webSocket } from "./clients";
import { NatsServer } from "./nats_server";
import { Service } from "./service";
import { within } from "./waiting";

let service: Service;

before(async () => {
  service = await Service.start();
});
after(() => service.stop());

async function metrics(of = service): Promise<string> {
  const response = await fetch(`${of.url}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** The value of a series, written as Prometheus does. */
async function value(series: string): Promise<number> {
  const line = (await metrics()).split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? NaN);
}

async function becomes(series: string, expected: number): Promise<void> {
  const reached = async (): Promise<void> => {
    while ((await value(series)) !== expected) await setTimeout(50);
  };
  await within(`${series} to be ${expected}`, reached());
}

test("readings, refusals and levels are counted", async () => {
  await recordOne(service, "Oslo", 4);
  await recordLines(service, [
    { place: "Oslo", happiness: 6, readingId: "0190b8a0-0000-7000-8000-000000000001" },
    { place: "São \"Paulo\"", happiness: 9 },
    { place: "Oslo", happiness: 6, readingId: "0190b8a0-0000-7000-8000-000000000001" },
  ]);
  await assert.rejects(recordOne(service, "Oslo", 11));
  await becomes("happiness_readings_recorded_total", 3);
  await becomes("happiness_readings_duplicate_total", 1);
  await becomes('happiness_recordings_refused_total{reason="INVALID_ARGUMENT"}', 1);
  await becomes("happiness_log_last_sequence", 3);
  await becomes('happiness_level{place="Oslo"}', 5);
  await becomes('happiness_level{place="São \\"Paulo\\""}', 9);
  await becomes("happiness_places", 2);
  assert.equal(await value("happiness_append_seconds_count"), await value('happiness_append_seconds_bucket{le="+Inf"}'));
  assert.ok((await value("happiness_commit_seconds_sum")) > 0);
});

test("viewers are counted, what they are sent, and how they end", async () => {
  const frames = await value("bridge_frames_sent_total");
  const stream = webSocket(service); // after_sequence=0
  await stream.readings.first(3, "readings by WebSocket");
  await becomes("bridge_viewers", 1);
  await becomes("bridge_feeds", 1);
  await becomes("bridge_frames_sent_total", frames + 3);
  assert.ok((await value("bridge_bytes_sent_total")) > 100);
  stream.close();
  await becomes("bridge_viewers", 0);
  await becomes('bridge_closes_total{code="left"}', 1);
  assert.equal(await value('bridge_resumes_total{outcome="ring"}'), 1);
  assert.equal((await fetch(`${service.url}/happiness?after_sequence=999999`)).status, 400);
  assert.equal(await value('bridge_resumes_total{outcome="refused"}'), 1);
  assert.equal(await value('bridge_resumes_total{outcome="ring"}'), 1);
  assert.equal(await value("bridge_upstream_ready"), 1);
});

test("of more places than a hundred the unhappiest are shown", async () => {
  await recordLines(service, Array.from({ length: 150 }, (_, i) => ({ place: `Room ${i}`, happiness: i / 15 })));
  await becomes("happiness_places", 152);
  assert.equal((await metrics()).match(/^happiness_level\{/gm)?.length, 100);
  assert.equal(await value('happiness_level{place="Room 0"}'), 0);
  assert.ok(Number.isNaN(await value('happiness_level{place="Room 149"}')));
});

/** What a replica shows besides. */
async function metricsOfAReplica(): Promise<string> {
  const nats = await NatsServer.start();
  const replica = await Service.start(undefined, [
    `--log=${nats.url}`,
    "--log_replicas=1",
    `--data_dir=${join(nats.folder, "replica")}`,
  ]);
  try {
    await recordOne(replica, "Oslo", 4);
    const text = await metrics(replica);
    assert.match(text, /^happiness_replica_connected 1$/m);
    assert.match(text, /^happiness_readings_recorded_total 1$/m);
    return text;
  } finally {
    await replica.stop();
    await nats.stop();
  }
}

test("the dashboard and the alerts use what there is", async () => {
  const text = (await metrics()) + (await metricsOfAReplica());
  const there = new Set([...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name, type]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
  ));
  const dashboard = JSON.parse(readFileSync("deploy/grafana.json", "utf8")) as { panels: { targets: { expr: string }[] }[] };
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const alerts = [...readFileSync("deploy/alerts.yml", "utf8").matchAll(/^ +expr: (.*)$/gm)].map(([, expr]) => expr!);
  assert.ok(queries.length > 10 && alerts.length > 3);
  const used = new Set([...queries, ...alerts].flatMap((expr) => expr.match(/\b(?:happiness|bridge|process)_\w+/g) ?? []));
  assert.deepEqual([...used].filter((name) => !there.has(name)), []);
  const unused = [...there].filter((name) => !used.has(name) && !/_(sum|count)$/.test(name));
  assert.deepEqual(unused, [], "a metric that nobody looks at");
});

test("it can be left out", async () => {
  const silent = await Service.start(undefined, ["--nometrics"]);
  try {
    assert.equal((await fetch(`${silent.url}/metrics`)).status, 404);
  } finally {
    await silent.stop();
  }
});
