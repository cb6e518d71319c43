// What is open when a token is taken out of its file ends; what others have open goes on.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { Service } from "./service";
import { Inbox, within } from "./waiting";

const KEPT = "a-token-that-is-kept";
const GONE = "a-token-that-is-taken-out";

const line = (name: string, token: string): string => `${name} ${createHash("sha256").update(token).digest("hex")}\n`;

const tokens = join(mkdtempSync(join(process.env.TEST_TMPDIR ?? "/tmp", "taken_out-")), "tokens");
let service: Service;

/** Another file takes its place, as who edits it does. */
function write(...lines: string[]): void {
  writeFileSync(`${tokens}.new`, lines.join(""));
  renameSync(`${tokens}.new`, tokens);
}

before(async () => {
  write(line("kept", KEPT), line("gone", GONE));
  service = await Service.start(undefined, [`--record_tokens=${tokens}`, `--read_tokens=${tokens}`]);
});
after(() => service.stop());

interface Viewer {
  readonly frames: Inbox<string>;
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
}

function view(path: string, token: string): Viewer {
  const socket = new WebSocket(`ws://localhost:${service.ports.http}${path}`, ["bearer", token]);
  const frames = new Inbox<string>();
  socket.on("message", (data: Buffer) => frames.push(data.toString()));
  return { frames, socket, closed: once(socket, "close").then(([code]) => code as number) };
}

const record = async (token: string): Promise<number> => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const body = JSON.stringify({ place: "Oslo", happiness: 5 });
  const answer = await fetch(`${service.url}/happiness`, { method: "POST", headers, body });
  await answer.text();
  return answer.status;
};

test("a token that is taken out ends what it opened, at once and for all who share it", async () => {
  assert.equal(await record(KEPT), 200);
  const lost = [view("/happiness?backlog=1", GONE), view("/happiness?backlog=1", GONE), view("/happiness/summaries", GONE)];
  const kept = view("/happiness?backlog=1", KEPT);
  for (const { frames } of [...lost, kept]) await frames.first(1, "frames");
  const headers = { "content-type": "application/x-ndjson", authorization: `Bearer ${GONE}` };
  const upload = request(`${service.url}/happiness:record`, { method: "POST", headers });
  upload.on("error", () => undefined);
  const answer = once(upload, "response") as Promise<[IncomingMessage]>;
  upload.write('{"place":"Oslo","happiness":6}\n');
  await kept.frames.first(2, "frames");

  write(line("kept", KEPT));

  for (const { frames, closed } of lost) {
    assert.equal(await within("a viewer's end", closed), 1008);
    const last = frames.items.at(-1) ?? "";
    assert.match(last, /UNAUTHENTICATED/);
    assert.match(last, /no longer valid for reading/);
  }
  // Its call has ended; the answer comes when the body does, if not before.
  upload.end('{"place":"Oslo","happiness":7}\n');
  const [response] = await within("the answer to an upload", answer);
  assert.equal(response.statusCode, 401);
  assert.match(await text(response), /no longer valid for recording \(1 recorded, 0 duplicates\)/);
  upload.destroy();

  const late = view("/happiness?backlog=1", GONE);
  assert.equal(await within("a late viewer's end", late.closed), 1008);
  assert.doesNotMatch(late.frames.items.join(), /Oslo/);

  assert.equal(await record(KEPT), 200);
  await kept.frames.first(3, "frames");
  assert.equal(kept.socket.readyState, WebSocket.OPEN);
  kept.socket.close();
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  // Viewers that share a token share a stream.
  assert.match(metrics, /happiness_streams_token_ended_total 3\n/);
});
