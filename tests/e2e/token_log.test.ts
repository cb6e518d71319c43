// That no token is ever in a log, whoever sends it, and however.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import WebSocket from "ws";
import { grpcCall } from "./clients";
import { Service } from "./service";
import { within } from "./waiting";

const GOOD = "a-good-token-of-this-test";
const BAD = "a-guess-that-nobody-knows";

const folder = mkdtempSync(join(process.env.TEST_TMPDIR ?? "/tmp", "token_log-"));
const tokens = join(folder, "tokens");
writeFileSync(tokens, `wall ${createHash("sha256").update(GOOD).digest("hex")}\n`);

const READING = { place: "Oslo", happiness: 5 };

const overHttp = async (service: Service, token: string): Promise<number[]> => {
  const authorization = `Bearer ${token}`;
  const answers = await Promise.all([
    fetch(`${service.url}/happiness`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(READING),
    }),
    fetch(`${service.url}/happiness:record`, {
      method: "POST",
      headers: { authorization, "content-type": "application/x-ndjson" },
      body: JSON.stringify(READING) + "\n",
    }),
    fetch(`${service.url}/happiness/readings`, { headers: { authorization } }),
  ]);
  await Promise.all(answers.map((answer) => answer.text()));
  return answers.map(({ status }) => status);
};

/** The close code of a viewer that leaves after its first reading. */
const overWebSocket = async (service: Service, protocols: string[], query = ""): Promise<number> => {
  const socket = new WebSocket(`ws://localhost:${service.ports.http}/happiness?backlog=1${query}`, protocols);
  socket.on("message", (data: Buffer) => {
    if (!data.toString().includes('"error"')) socket.close(1000);
  });
  const [code] = (await within("the end of a WebSocket", once(socket, "close"))) as [number];
  return code;
};

/** A token in an address is a mistake of the client's: it must let nobody in. */
const inAddresses = async (service: Service): Promise<void> => {
  for (const parameter of ["access_token", "token", "authorization", "bearer"]) {
    for (const path of ["/happiness", "/happiness/readings", "/happiness/nothing"]) {
      const answer = await fetch(`${service.url}${path}?${parameter}=${GOOD}`);
      assert.ok(answer.status >= 400 && answer.status < 500, `${parameter}: ${answer.status}`);
      await answer.text();
    }
    const socket = new WebSocket(`ws://localhost:${service.ports.http}/happiness?${parameter}=${GOOD}`);
    socket.on("error", () => undefined);
    const [code] = (await within("the end of a WebSocket", once(socket, "close"))) as [number];
    assert.notEqual(code, 1000);
  }
  assert.equal((await fetch(`${service.url}/happiness/${GOOD}`)).status, 404);
};

for (const format of ["text", "json"]) {
  test(`no token is in a log of ${format}`, async () => {
    const flags = [`--record_tokens=${tokens}`, `--read_tokens=${tokens}`, `--log_format=${format}`];
    // All that can be logged is.
    const service = await Service.start(undefined, flags, { SPDLOG_LEVEL: "trace" });
    try {
      assert.match(await grpcCall(service, "RecordReading", { reading: READING }, GOOD), /wall/);
      await assert.rejects(grpcCall(service, "RecordReading", { reading: READING }, BAD), /not known/);
      await grpcCall(service, "RecordReadings", { reading: READING }, GOOD);
      await assert.rejects(grpcCall(service, "StreamReadings", {}, BAD), /not known/);
      assert.deepEqual(await overHttp(service, GOOD), [200, 200, 200]);
      assert.deepEqual(await overHttp(service, BAD), [401, 401, 401]);
      assert.equal(await overWebSocket(service, ["bearer", GOOD]), 1000);
      assert.equal(await overWebSocket(service, ["bearer", BAD]), 1008);
      await inAddresses(service);
      // A file that is at fault holds the token itself, instead of its digest.
      writeFileSync(`${tokens}.slip`, `wall ${GOOD}\n`);
      await assert.rejects(Service.start(undefined, [`--record_tokens=${tokens}.slip`]), /ended with 1/);
    } finally {
      await service.stop();
    }
    assert.match(service.log, /StreamReadings opened/);
    assert.match(service.log, /draining/);
    for (const token of [GOOD, BAD]) assert.ok(!service.log.includes(token), `${token} is in the log`);
  });
}
