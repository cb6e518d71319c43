// What is recorded into a folder is there again after a crash: for streams, lists,
// history and summaries, over HTTP.

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as clients from "./clients";
import { Service } from "./service";
import { READINGS, yearsOfHappiness } from "./world_happiness";

const dir = mkdtempSync(join(process.env.TEST_TMPDIR ?? tmpdir(), "kept-"));
const start = (): Promise<Service> => Service.start({ grpc: 0, http: 0 }, [`--data_dir=${dir}`]);

/** Each year's level, felt in its middle; each with an id of its own. */
const imported = yearsOfHappiness().map(({ year, draft }) => ({
  ...draft,
  readingId: `whr-${year}-${draft.place}`,
  observeTime: `${year}-07-01T00:00:00Z`,
}));

interface LevelJson {
  readonly count: string;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

let service: Service;
before(async () => (service = await start()));
after(() => service.stop());

async function get<T>(path: string): Promise<T> {
  return JSON.parse(await clients.run("curl", ["-sSf", `${service.url}${path}`])) as T;
}

test("a file is recorded once, however often it is sent, and survives kill -9", async () => {
  assert.deepEqual(await clients.recordLines(service, imported), {
    recorded: "875",
    duplicates: "0",
    lastSequence: "875",
  });
  await service.kill();
  service = await start();
  assert.deepEqual(await clients.recordLines(service, imported), {
    recorded: "0",
    duplicates: "875",
    lastSequence: "875",
  });
  const stream = clients.ndjson(service);
  try {
    const readings = await stream.readings.first(READINGS, "readings");
    assert.deepEqual(
      readings.map(({ sequence, readingId }) => [Number(sequence), readingId]),
      imported.map(({ readingId }, i) => [i + 1, readingId]),
    );
  } finally {
    stream.close();
  }
});

test("lists a place's readings in pages, newest first", async () => {
  interface Page {
    readonly readings?: clients.ReadingJson[];
    readonly nextPageToken?: string;
  }
  const expected = imported.filter(({ place }) => place === "Finland").reverse();
  const listed: clients.ReadingJson[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const path: string = `/happiness/readings?places=Finland&page_size=2&page_token=${encodeURIComponent(token)}`;
    const page: Page = await get<Page>(path);
    listed.push(...(page.readings ?? []));
    token = page.nextPageToken;
  }
  assert.ok(expected.length > 2);
  assert.deepEqual(
    listed.map(({ observeTime, happiness }) => [observeTime, happiness]),
    expected.map(({ observeTime, happiness }) => [observeTime, happiness]),
  );
});

test("gives the history of the world and of a place", async () => {
  interface History {
    readonly steps: { readonly startTime: string; readonly level: LevelJson }[];
  }
  const interval = "start_time=2019-01-01T00:00:00Z&end_time=2025-01-01T00:00:00Z&step=86400s";
  const world = await get<History>(`/happiness/history?${interval}`);
  assert.deepEqual(
    world.steps.map(({ startTime }) => startTime),
    [2019, 2020, 2021, 2022, 2023, 2024].map((year) => `${year}-07-01T00:00:00Z`),
  );
  for (const { startTime, level } of world.steps) {
    const levels = imported.filter(({ observeTime }) => observeTime === startTime).map(({ happiness }) => happiness);
    assert.equal(Number(level.count), levels.length);
    assert.ok(Math.abs(level.mean - levels.reduce((a, b) => a + b) / levels.length) < 1e-9);
    assert.deepEqual([level.min, level.max], [Math.min(...levels), Math.max(...levels)]);
  }
  const finland = await get<History>(`/happiness/history?place=Finland&${interval}`);
  assert.deepEqual(
    finland.steps.map(({ level }) => level.mean),
    imported.filter(({ place }) => place === "Finland").map(({ happiness }) => happiness),
  );
});

test("streams the level now: the unhappiest place first, and nothing of long ago", async () => {
  interface Summary {
    readonly world: { readonly count: string };
    readonly places?: { readonly place: string; readonly level: LevelJson }[];
    readonly morePlaces: number;
  }
  await clients.recordOne(service, "Kampala", 7);
  await clients.recordOne(service, "Lima", 0);
  await clients.recordOne(service, "Oslo", 8);
  const args = ["-sSN", "--max-time", "30", `${service.url}/happiness/summaries?window=300s&period=1s&limit=2`];
  const summary = await clients.firstLine<Summary>("curl", args, ({ world }) => world.count === "3");
  assert.deepEqual(
    summary.places?.map(({ place, level }) => [place, level.mean]),
    [
      ["Lima", 0],
      ["Kampala", 7],
    ],
  );
  assert.equal(summary.morePlaces, 1);
});

test("says which line of a file is bad, what came before it, and records nothing after it", async () => {
  const lines = ['{"place": "Rome", "happiness": 5}', '{"place": "Rome", "happiness": 11}', '{"place": "Rome", "happiness": 5}'];
  const args = ["-sS", "-X", "POST", "--data-binary", "@-", `${service.url}/happiness:record`];
  const answer = JSON.parse(await clients.run("curl", args, lines.join("\n"))) as { error: { message: string } };
  assert.equal(
    answer.error.message,
    "reading 2: reading.happiness must be from 0 to 10 (1 recorded, 0 duplicates)",
  );
  const page = await get<{ readings: unknown[] }>("/happiness/readings?places=Rome");
  assert.equal(page.readings.length, 1);
});
