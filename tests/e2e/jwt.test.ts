// Who may record, and read, by JSON Web Tokens, signed here without the library that the service has.

import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { grpcCall } from "./clients";
import { Service } from "./service";
import { Inbox, within } from "./waiting";

const AUDIENCE = "happiness.example";

const folder = mkdtempSync(join(process.env.TEST_TMPDIR ?? "/tmp", "jwt-"));
const keys = join(folder, "keys.json");
const tokens = join(folder, "tokens");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const foreign = generateKeyPairSync("ec", { namedCurve: "P-256" });
let service: Service;

/** The set of the public keys, by their ids, of those who may sign. */
function writeKeys(set: Record<string, KeyObject>): void {
  const jwks = Object.entries(set).map(([kid, key]) => ({ ...key.export({ format: "jwk" }), kid, use: "sig" }));
  writeFileSync(`${keys}.new`, JSON.stringify({ keys: jwks }));
  renameSync(`${keys}.new`, keys);
}

before(async () => {
  writeKeys({ rsa: rsa.publicKey, ec: ec.publicKey });
  writeFileSync(tokens, `sensor ${createHash("sha256").update("sesame").digest("hex")}\n`);
  service = await Service.start(undefined, [
    `--jwt_keys=${keys}`,
    `--jwt_audience=${AUDIENCE}`,
    `--record_tokens=${tokens}`,
    "--max_writes_per_token=5",
  ]);
});
after(() => service.stop());

type Claims = Record<string, unknown>;

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

function jwt(claims: Claims, alg = "ES256", kid = "ec", key = ec.privateKey): string {
  const all = { aud: AUDIENCE, exp: inSeconds(600), sub: "wall", ...claims };
  const text = `${base64({ alg, typ: "JWT", kid })}.${base64(all)}`;
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

const read = (token: string): Promise<Response> =>
  fetch(`${service.url}/happiness/readings`, { headers: { authorization: `Bearer ${token}` } });

const record = (token: string): Promise<Response> =>
  fetch(`${service.url}/happiness`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ place: "Oslo", happiness: 5, source: "an impostor" }),
  });

async function refused(answer: Promise<Response>, message: RegExp, status = 401): Promise<Response> {
  const response = await answer;
  const { error } = (await response.json()) as { error: { message: string } };
  assert.equal(response.status, status);
  assert.match(error.message, message);
  return response;
}

interface Viewer {
  readonly frames: Inbox<string>;
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
}

function view(token: string): Viewer {
  const socket = new WebSocket(`ws://localhost:${service.ports.http}/happiness?backlog=1`, ["bearer", token]);
  const frames = new Inbox<string>();
  socket.on("message", (data: Buffer) => frames.push(data.toString()));
  return { frames, socket, closed: once(socket, "close").then(([code]) => code as number) };
}

test("who shows a JWT records as its subject, and reads", async () => {
  for (const token of [jwt({ sub: "María" }), jwt({ sub: "María" }, "RS256", "rsa", rsa.privateKey)]) {
    const answer = await record(token);
    assert.equal(answer.status, 200);
    assert.equal(((await answer.json()) as { source: string }).source, "María");
    assert.equal((await read(token)).status, 200);
  }
  assert.match(await grpcCall(service, "RecordReading", { reading: { place: "Oslo", happiness: 5 } }, jwt({ sub: "grpc" })), /grpc/);
});

test("named tokens are as good as ever, for what they are for", async () => {
  assert.equal(((await (await record("sesame")).json()) as { source: string }).source, "sensor");
  await refused(record("a guess"), /not known for recording/);
  await refused(read("sesame"), /JWT is not well formed/);
  await refused(fetch(`${service.url}/happiness/readings`), /reading needs a token/);
});

test("a JWT that breaks a rule lets nobody in, and hears which", async () => {
  const [header, payload] = jwt({}).split(".");
  const pem = rsa.publicKey.export({ type: "spki", format: "pem" });
  const confused = `${base64({ alg: "HS256", kid: "rsa" })}.${payload}`;
  const hmac = createHmac("sha256", pem).update(confused).digest("base64url");
  const cases: [string, RegExp][] = [
    [jwt({ exp: inSeconds(-60) }), /claim exp is over/],
    [jwt({ exp: undefined }), /claim exp must be there/],
    [jwt({ aud: "another.example" }), /claim aud must name/],
    [jwt({ nbf: inSeconds(600) }), /claim nbf is still to come/],
    [jwt({ sub: undefined }), /claim sub must be a string/],
    [jwt({}, "ES256", "ec", foreign.privateKey), /not signed by a key that is known/],
    [jwt({}, "ES256", "rsa"), /not signed by a key that is known/],
    [`${header}.${base64({ aud: AUDIENCE, exp: inSeconds(600), sub: "x" })}.${jwt({}).split(".")[2]}`, /not signed/],
    [`${base64({ alg: "none" })}.${payload}.`, /RS256 or ES256|not well formed/],
    [`${confused}.${hmac}`, /RS256 or ES256/],
  ];
  for (const [token, message] of cases) {
    await refused(read(token), message);
    await refused(record(token), message);
    const viewer = view(token);
    assert.equal(await within("a viewer's end", viewer.closed), 1008);
    assert.match(viewer.frames.items.join(), message);
  }
  // No more than what the service says of it: nothing of a token is in the log.
  for (const [token] of cases) assert.ok(!service.log.includes(token));
});

test("a subject has a rate of its own", async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => record(jwt({ sub: "busy" }))));
  const over = answers.filter(({ status }) => status === 429);
  assert.ok(over.length > 0);
  assert.equal(over[0]?.headers.get("retry-after"), "1");
  await Promise.all(answers.map((answer) => answer.text()));
  assert.equal((await record(jwt({ sub: "idle" }))).status, 200);
});

test("viewers with different JWTs share no stream, and each ends with its own", async () => {
  // The clocks' difference is allowed for: over in a few seconds.
  const brief = view(jwt({ sub: "brief", exp: inSeconds(-26) }));
  const signed = view(jwt({ sub: "signed" }, "RS256", "rsa", rsa.privateKey));
  const kept = view(jwt({ sub: "kept" }));
  for (const { frames } of [brief, signed, kept]) await frames.first(1, "frames");
  assert.equal(await within("the end of what has expired", brief.closed), 1008);
  assert.match(brief.frames.items.at(-1) ?? "", /JWT that opened this stream has expired/);

  writeKeys({ ec: ec.publicKey });
  assert.equal(await within("the end of what a lost key has signed", signed.closed), 1008);
  assert.match(signed.frames.items.at(-1) ?? "", /no longer known/);
  await refused(read(jwt({}, "RS256", "rsa", rsa.privateKey)), /not signed by a key/);

  assert.equal((await record(jwt({ sub: "last" }))).status, 200);
  await kept.frames.first(2, "frames");
  kept.socket.close();
});
