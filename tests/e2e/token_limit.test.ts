// What one name may record a second, by every kind of call; and how many streams there may be, whosever.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { grpcCall } from "./clients";
import { Service } from "./service";
import { within } from "./waiting";

const RATE = 10;

const tokens = join(mkdtempSync(join(process.env.TEST_TMPDIR ?? "/tmp", "token_limit-")), "tokens");
let service: Service;

const line = (name: string, token: string): string => `${name} ${createHash("sha256").update(token).digest("hex")}\n`;

before(async () => {
  // Names of their own, so that no test waits for another's rate; one has two tokens.
  writeFileSync(tokens, [line("one", "one"), line("two", "two"), line("two", "second"), line("grpc", "grpc")].join(""));
  const limits = [`--max_writes_per_token=${RATE}`, "--max_streams=2"];
  service = await Service.start(undefined, [`--record_tokens=${tokens}`, ...limits]);
});
after(() => service.stop());

const post = (path: string, type: string, token: string, body: string): Promise<Response> =>
  fetch(service.url + path, { method: "POST", headers: { "content-type": type, authorization: `Bearer ${token}` }, body });

const lines = (count: number): string => '{"place":"Oslo","happiness":5}\n'.repeat(count);

async function refused(answer: Response, message: RegExp): Promise<void> {
  const { error } = (await answer.json()) as { error: { status: string; message: string } };
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get("retry-after"), "1");
  assert.equal(error.status, "RESOURCE_EXHAUSTED");
  assert.match(error.message, message);
}

test("an upload over the rate ends, and says what was recorded", async () => {
  // More than could come in while it takes a minute.
  const answer = await post("/happiness:record", "application/x-ndjson", "one", lines(100 * RATE));
  await refused(answer, /^reading \d+: more than 10 readings a second for one token's name .*\(\d+ recorded, 0 duplicates\)$/);
});

test("tokens of one name, and all its calls, share a rate", async () => {
  await refused(await post("/happiness:record", "application/x-ndjson", "two", lines(100 * RATE)), /more than 10/);
  const body = '{"place":"Oslo","happiness":5}';
  const answers = await Promise.all(
    Array.from({ length: 5 * RATE }, () => post("/happiness", "application/json", "second", body)),
  );
  const over = answers.filter(({ status }) => status === 429);
  assert.ok(over.length > 0);
  await refused(over[0]!, /more than 10 readings a second/);
  await Promise.all(answers.filter((answer) => answer !== over[0]).map((answer) => answer.text()));
  // Others are not held back.
  assert.match(await grpcCall(service, "RecordReading", { reading: { place: "Oslo", happiness: 5 } }, "grpc"), /Oslo/);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  assert.match(metrics, /happiness_recordings_refused_total\{reason="TOKEN_LIMIT"\} \d+/);
  assert.doesNotMatch(metrics, /reason="RESOURCE_EXHAUSTED"/);
});

test("a viewer of one stream too many is told to come again later", async () => {
  const view = (token: string): WebSocket =>
    new WebSocket(`ws://localhost:${service.ports.http}/happiness?backlog=1`, ["bearer", token]);
  const there = [view("one"), view("two")];
  await Promise.all(there.map((socket) => within("a frame", once(socket, "message"))));
  // Another token is another stream, even of the same name; the same one is not.
  const [code, reason] = (await within("an end", once(view("second"), "close"))) as [number, Buffer];
  assert.equal(code, 1013);
  assert.match(reason.toString(), /limit of 2 open streams/);
  const shared = view("one");
  await within("a frame", once(shared, "message"));
  for (const socket of [...there, shared]) socket.close();
});
