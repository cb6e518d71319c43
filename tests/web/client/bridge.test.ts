import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { connect, type Bridge, type BridgeError, type BridgeOptions, type State } from "../../../web/client/src/index";
import { FakeClock, FakeSocket, Reader, settled } from "./fakes";

let clock: FakeClock;
let states: State["kind"][];
let bridge: Bridge;

function start(options: BridgeOptions = {}, url = "http://host/office/index.html?x#y"): void {
  bridge = connect(url, { WebSocket: FakeSocket, onState: ({ kind }) => states.push(kind), ...options });
}

/** One that iterates over a stream which is open. */
async function follow(method = "a.B/C"): Promise<Reader<unknown>> {
  const reader = new Reader(bridge.stream(method));
  await settled();
  return reader;
}

beforeEach(() => {
  clock = new FakeClock();
  clock.install();
  FakeSocket.all = [];
  states = [];
  start();
});
afterEach(() => bridge.close());

test("nothing is opened before the first stream is iterated over, and then one socket for all", async () => {
  bridge.stream("a.B/C");
  assert.equal(FakeSocket.all.length, 0);
  await follow("a.B/C");
  await follow("a.B/D");
  FakeSocket.last.accept();
  await follow("a.B/E");
  assert.equal(FakeSocket.all.length, 1);
  assert.deepEqual(FakeSocket.last.opens.map((open) => [open!.id, open!.method]), [[1, "a.B/C"], [2, "a.B/D"], [3, "a.B/E"]]);
  assert.deepEqual(states, ["connecting", "open"]);
});

for (const [url, socket] of [
  ["http://host/office/index.html?x#y", "ws://host/office/streams"],
  ["https://host/", "wss://host/streams"],
  ["wss://host/bridge/streams", "wss://host/bridge/streams"],
] as const) {
  test(`the socket of ${url} is as safe, and below the same prefix`, async () => {
    start({}, url);
    await follow();
    assert.equal(FakeSocket.last.url, socket);
  });
}

test("a token goes as a subprotocol, a fresh one for each socket", async () => {
  await follow();
  assert.deepEqual(FakeSocket.last.protocols, []);
  let n = 0;
  start({ token: () => `token-${++n}` });
  await follow();
  assert.deepEqual(FakeSocket.last.protocols, ["bearer", "token-1"]);
  FakeSocket.last.cut();
  clock.pass(500);
  assert.deepEqual(FakeSocket.last.protocols, ["bearer", "token-2"]);
});

test("after a token was refused for a stream, the next one has a socket with a fresh one", async () => {
  let token = 0;
  start({ token: () => `t${++token}` });
  const stays = await follow("a.B/C");
  const refused = await follow("a.B/D");
  FakeSocket.last.accept();
  FakeSocket.last.say({ id: 2, error: { code: 401, status: "UNAUTHENTICATED", message: "expired" } });
  await settled();
  assert.equal((refused.error as BridgeError).status, "UNAUTHENTICATED");
  await follow("a.B/D");
  assert.deepEqual(FakeSocket.open.map(({ protocols }) => protocols), [["bearer", "t2"]]);
  FakeSocket.last.accept();
  await follow("a.B/E");
  assert.equal(FakeSocket.open.length, 1);
  assert.deepEqual([FakeSocket.last.opens.length, stays.error], [3, undefined]);
});

test("a token that is none fails the streams, and nothing is tried again", async () => {
  let tries = 0;
  class Strict extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      tries++;
      throw new SyntaxError("an invalid subprotocol");
    }
  }
  start({ token: "a=b", WebSocket: Strict });
  const reader = await follow();
  await settled();
  assert.match((reader.error as BridgeError).message, /invalid subprotocol/);
  clock.pass(60_000);
  assert.deepEqual([bridge.state.kind, tries], ["idle", 1]);
});

test("who closes it when told that it connects gets no socket", async () => {
  start({ onState: ({ kind }) => kind === "connecting" && bridge.close() });
  await follow();
  assert.deepEqual([FakeSocket.all.length, bridge.state.kind], [0, "closed"]);
});

test("the socket goes a moment after the last stream, unless another one comes", async () => {
  const reader = await follow();
  FakeSocket.last.accept();
  FakeSocket.last.say({ id: 1, ended: {} });
  await settled();
  assert.ok(reader.done);
  clock.pass(900);
  await follow();
  clock.pass(900);
  assert.ok(!FakeSocket.last.closed);
  FakeSocket.last.say({ id: 2, ended: {} });
  clock.pass(1_000);
  assert.ok(FakeSocket.last.closed);
  assert.deepEqual(states, ["connecting", "open", "idle"]);

  // Nor does it come back for nobody.
  const last = await follow();
  FakeSocket.last.accept();
  FakeSocket.last.say({ id: 3, ended: {} });
  await settled();
  FakeSocket.last.cut();
  assert.ok(last.done);
  assert.equal(bridge.state.kind, "idle");
  clock.pass(60_000);
  assert.equal(FakeSocket.all.length, 2);
});

test("it comes back after every end; each failure in a row makes it wait longer, up to the bound", async () => {
  await follow();
  let longest = 0;
  for (let attempt = 0; attempt < 12; attempt++) {
    FakeSocket.last.cut();
    const [wait] = clock.waits;
    assert.equal(bridge.state.kind, "waiting");
    assert.ok(wait! <= 15_000);
    if (attempt < 5) assert.ok(wait! >= 250 * 2 ** attempt);
    longest = Math.max(longest, wait!);
    clock.pass(wait!);
    assert.equal(FakeSocket.open.length, 1);
  }
  assert.ok(longest > 7_000);
});

test("a connection that lasted starts the back-off anew, one that didn't does not", async () => {
  await follow();
  for (let i = 0; i < 6; i++) {
    FakeSocket.last.accept();
    FakeSocket.last.cut();
    clock.pass(clock.waits[0]!);
  }
  FakeSocket.last.cut();
  assert.ok(clock.waits[0]! >= 7_500);
  clock.pass(clock.waits[0]!);
  FakeSocket.last.accept();
  clock.pass(5_001);
  FakeSocket.last.cut();
  assert.ok(clock.waits[0]! <= 500);
});

test("an attempt that hangs is given up", async () => {
  await follow();
  const hanging = FakeSocket.last;
  clock.pass(10_000);
  assert.ok(hanging.closed);
  assert.deepEqual(states, ["connecting", "waiting"]);
});

test("where there is no WebSocket it says so at once", () => {
  const { WebSocket } = globalThis as { WebSocket?: unknown };
  Object.assign(globalThis, { WebSocket: undefined });
  assert.throws(() => connect("http://host/"), /no WebSocket here/);
  Object.assign(globalThis, { WebSocket });
});

test("where no socket may be had it keeps trying", async () => {
  start({
    WebSocket: class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        this.closed = true;
        throw new DOMException("from a safe page to a plain bridge", "SecurityError");
      }
    },
  });
  await follow();
  clock.pass(2_000);
  assert.deepEqual(states.slice(0, 4), ["connecting", "waiting", "connecting", "waiting"]);
});

test("told that the network has changed it connects at once, and an old socket is heard no more", async () => {
  const reader = await follow();
  const old = FakeSocket.last;
  old.accept();
  bridge.reconnect();
  assert.ok(old.closed);
  old.messages(1, 1);
  FakeSocket.last.accept();
  await settled();
  assert.deepEqual(reader.got, []);
  assert.equal(FakeSocket.open.length, 1);
  assert.equal(FakeSocket.last.opens.length, 1);
});

test("a socket that says nothing is asked, and without an answer given up", async () => {
  const ping = { close: { id: 0 } };
  start({ silence: 10_000 });
  await follow();
  const dead = FakeSocket.last;
  dead.accept();
  clock.pass(4_999);
  assert.deepEqual(dead.sent.slice(1), []);
  clock.pass(1);
  assert.deepEqual(dead.sent.slice(1), [ping]);
  dead.say({ id: 0, closed: {} });
  clock.pass(5_000);
  assert.ok(!dead.closed);
  clock.pass(10_000);
  assert.deepEqual(dead.sent.slice(1), [ping, ping]);
  assert.ok(dead.closed);
  assert.equal(bridge.state.kind, "waiting");
});

test("one that never stops saying something is not asked", async () => {
  await follow();
  FakeSocket.last.accept();
  for (let i = 0; i < 60; i++) {
    FakeSocket.last.messages(1, i);
    clock.pass(1_000);
  }
  assert.deepEqual(FakeSocket.last.sent.flatMap(({ close }) => close ?? []), []);
});

test("what is no JSON comes from no bridge", async () => {
  await follow();
  FakeSocket.last.accept();
  FakeSocket.last.onmessage?.({ data: "<html>" });
  assert.equal(bridge.state.kind, "waiting");
});

test("a socket that is refused for good fails its streams, one that may come again does not", async () => {
  const readers = [await follow(), await follow()];
  FakeSocket.last.accept();
  FakeSocket.last.say({ error: { code: 503, status: "UNAVAILABLE", message: "shutting down" } });
  FakeSocket.last.cut();
  clock.pass(500);
  FakeSocket.last.accept();
  assert.equal(FakeSocket.last.opens.length, 2);
  FakeSocket.last.say({ error: { code: 403, status: "PERMISSION_DENIED", message: "origin" } });
  FakeSocket.last.cut();
  await settled();
  for (const { error } of readers) assert.equal((error as BridgeError).status, "PERMISSION_DENIED");
  clock.pass(60_000);
  assert.equal(FakeSocket.all.length, 2);
  assert.equal(bridge.state.kind, "idle");
});

test("a request that the bridge would not read fails its own stream, and the socket stays", async () => {
  const other = await follow();
  FakeSocket.last.accept();
  const reader = new Reader(bridge.stream("a.B/C", { places: ["ö".repeat(8 << 10)] }));
  await settled();
  assert.match((reader.error as BridgeError).message, /16 KiB/);
  assert.equal(FakeSocket.last.sent.length, 1);
  assert.deepEqual([bridge.state.kind, other.error], ["open", undefined]);
});

test("closed, it ends its streams and opens none", async () => {
  const reader = await follow();
  FakeSocket.last.accept();
  bridge.close();
  const late = await follow();
  assert.deepEqual([reader.done, reader.error, late.done, late.error], [true, undefined, true, undefined]);
  assert.deepEqual([FakeSocket.open.length, bridge.state.kind, clock.waits.length], [0, "closed", 0]);
});
