// Who may record, and read: tokens, from every kind of client.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import WebSocket from "ws";
import { Service } from "./service";
import { within } from "./waiting";

const RECORDER = "sesame-records";
const READER = "sesame.reads_it-all";

const line = (name: string, token: string): string => `${name} ${createHash("sha256").update(token).digest("hex")}\n`;

const folder = mkdtempSync(join(process.env.TEST_TMPDIR ?? "/tmp", "access-"));
const recorders = join(folder, "record");
const readers = join(folder, "read");
let service: Service;

before(async () => {
  writeFileSync(recorders, `# who may record\n${line("door-sensor", RECORDER)}`);
  writeFileSync(readers, line("wall", READER));
  service = await Service.start(undefined, [`--record_tokens=${recorders}`, `--read_tokens=${readers}`]);
});
after(() => service.stop());

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const record = (headers: Record<string, string>): Promise<Response> =>
  fetch(`${service.url}/happiness`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ place: "Oslo", happiness: 5, source: "an impostor" }),
  });

const read = (headers: Record<string, string>): Promise<Response> => fetch(`${service.url}/happiness/readings`, { headers });

async function refused(answer: Promise<Response>, message: RegExp): Promise<void> {
  const response = await answer;
  const body = (await response.json()) as { error: { status: string; message: string } };
  assert.equal(response.status, 401);
  assert.equal(body.error.status, "UNAUTHENTICATED");
  assert.match(body.error.message, message);
}

/** The first frame of a stream, or its close code. */
function firstOf(protocols: string[], headers: Record<string, string> = {}): Promise<{ frame: string; protocol: string; code: number }> {
  const socket = new WebSocket(`ws://localhost:${service.ports.http}/happiness?backlog=1`, protocols, { headers });
  let frame = "";
  return within(
    "a frame and an end",
    new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (data: Buffer) => {
        frame = data.toString();
        if (!frame.includes('"error"')) socket.close(1000);
      });
      socket.on("close", (code) => resolve({ frame, protocol: socket.protocol, code }));
    }),
  );
}

test("recording needs a token of those who record, whose name becomes the source", async () => {
  await refused(record({}), /recording needs a token/);
  await refused(record({ authorization: "Basic abc" }), /recording needs a token/);
  await refused(record(bearer("a guess")), /not known for recording/);
  await refused(record(bearer(READER)), /not known for recording/);
  const response = await record(bearer(RECORDER));
  assert.equal(response.status, 200);
  assert.equal(((await response.json()) as { source: string }).source, "door-sensor");
});

test("many readings at once need one, too", async () => {
  const many = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${service.url}/happiness:record`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", ...headers },
      body: '{"place":"Oslo","happiness":1}\n{"place":"Oslo","happiness":2,"source":"me"}\n',
    });
  await refused(many({}), /recording needs a token/);
  assert.equal((await many(bearer(RECORDER))).status, 200);
  const { readings } = (await (await read(bearer(READER))).json()) as { readings: { source: string }[] };
  assert.deepEqual(new Set(readings.map(({ source }) => source)), new Set(["door-sensor"]));
});

test("reading needs a token of those who read, whatever is read", async () => {
  for (const path of ["/happiness", "/happiness/summaries", "/happiness/history", "/happiness/readings"]) {
    await refused(fetch(service.url + path), /reading needs a token/);
    await refused(fetch(service.url + path, { headers: bearer(RECORDER) }), /not known for reading/);
  }
  assert.equal((await read(bearer(READER))).status, 200);
});

test("a page gives its token as a WebSocket's subprotocol", async () => {
  const { frame, protocol, code } = await firstOf(["bearer", READER]);
  assert.match(frame, /"place":"Oslo"/);
  assert.deepEqual([protocol, code], ["bearer", 1000]);
  const guessed = await firstOf(["bearer", "a-guess"]);
  assert.match(guessed.frame, /UNAUTHENTICATED/);
  assert.equal(guessed.code, 1008);
  const header = await firstOf([], bearer(READER));
  assert.match(header.frame, /"place":"Oslo"/);
});

test("what only some may read is in no metrics", async () => {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  assert.match(metrics, /happiness_recordings_refused_total\{reason="UNAUTHENTICATED"\} 5/);
  assert.doesNotMatch(metrics, /happiness_level|Oslo/);
});

test("a token that is taken out, or in, counts within seconds", async () => {
  writeFileSync(recorders, line("new-sensor", "another"));
  const changed = async (): Promise<void> => {
    while ((await record(bearer("another"))).status !== 200) await setTimeout(50);
  };
  await within("the file to be read again", changed());
  await refused(record(bearer(RECORDER)), /not known for recording/);
});
