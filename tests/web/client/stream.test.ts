import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { connect, type Bridge, type BridgeError, type State, type StreamOptions } from "../../../web/client/src/index";
import { FakeClock, FakeSocket, Reader, settled } from "./fakes";

interface Message {
  readonly n: number;
}

const METHOD = "a.B/C";

let clock: FakeClock;
let bridge: Bridge;
let states: State["kind"][];

beforeEach(() => {
  clock = new FakeClock();
  clock.install();
  FakeSocket.all = [];
  states = [];
  bridge = connect("http://host/", { WebSocket: FakeSocket });
});
afterEach(() => bridge.close());

/** Iterates over a stream that the bridge has opened. */
async function follow(options: StreamOptions<Message> = {}, request = {}): Promise<Reader<Message>> {
  const reader = new Reader(bridge.stream<Message>(METHOD, request, { onState: ({ kind }) => states.push(kind), ...options }));
  await settled();
  FakeSocket.last.accept();
  FakeSocket.last.say({ id: 1, opened: {} });
  return reader;
}

/** The socket is lost, and there is another one. */
async function comeBack(): Promise<FakeSocket> {
  await settled();
  FakeSocket.last.cut();
  while (FakeSocket.last.closed) clock.pass(clock.waits[0] ?? assert.fail("it does not come back"));
  FakeSocket.last.accept();
  return FakeSocket.last;
}

const numbers = async (reader: Reader<Message>): Promise<number[]> => {
  await settled();
  return reader.got.map(({ n }) => n);
};

test("it asks for what its options say", async () => {
  const cases: [StreamOptions<Message>, object][] = [
    [{}, { window: 256 }],
    [{ position: { after: 41 } }, { after: "41", window: 256 }],
    [{ position: { after: 2n ** 60n } }, { after: "1152921504606846976", window: 256 }],
    [{ delivery: "all", window: 1 }, { window: 1 }],
    [{ delivery: "latest" }, { latest: true, window: 256 }],
    [{ delivery: { maxRate: 0.5 } }, { maxRate: 0.5, window: 256 }],
  ];
  for (const [options] of cases) new Reader(bridge.stream<Message>(METHOD, { places: ["Oslo"] }, options));
  await settled();
  FakeSocket.last.accept();
  const expected = cases.map(([, open], i) => ({ id: i + 1, method: METHOD, request: { places: ["Oslo"] }, ...open }));
  assert.deepEqual(FakeSocket.last.opens, expected);
});

test("messages come in order, and then the end", async () => {
  const reader = await follow();
  FakeSocket.last.messages(1, 1, 3);
  FakeSocket.last.say({ id: 1, ended: {} });
  assert.deepEqual(await numbers(reader), [1, 2, 3]);
  assert.deepEqual([reader.done, reader.error], [true, undefined]);
  assert.deepEqual(states, ["connecting", "connecting", "open"]);
});

test("after a cut it goes on behind the last message that came, whoever was slow to take it", async () => {
  const stream = bridge.stream<Message>(METHOD, { backlog: 2 });
  const first = stream.next();
  await settled();
  FakeSocket.last.accept();
  FakeSocket.last.messages(1, 7, 9);
  assert.deepEqual((await first).value, { n: 7 });
  assert.equal(stream.position, "7");
  const socket = await comeBack();
  assert.deepEqual(socket.opens, [{ id: 2, method: METHOD, request: { backlog: 2 }, after: "9", window: 254 }]);
  socket.messages(1, 8, 9); // of the old id: nobody listens
  socket.messages(2, 10);
  const rest = new Reader(stream);
  assert.deepEqual(await numbers(rest), [8, 9, 10]);
  assert.equal(stream.position, "10");
});

test("cut before its first message it asks the same again", async () => {
  await follow({}, { backlog: 2 });
  const socket = await comeBack();
  assert.deepEqual([socket.opens[0]!.after, socket.opens[0]!.request], [undefined, { backlog: 2 }]);
});

test("with no room for a message it comes back when there is some", async () => {
  const stream = bridge.stream<Message>(METHOD, {}, { window: 2 });
  const first = stream.next();
  await settled();
  FakeSocket.last.accept();
  FakeSocket.last.say({ id: 1, opened: {} });
  FakeSocket.last.messages(1, 1, 3);
  assert.deepEqual((await first).value, { n: 1 });
  const socket = await comeBack();
  assert.equal(socket.opens.length, 0);
  await stream.next();
  assert.deepEqual([socket.opens.length, socket.opens[0]!.after, socket.opens[0]!.window], [1, "3", 1]);
  await stream.return!();
});

test("a position that is no cursor is an error at once", () => {
  assert.throws(() => bridge.stream(METHOD, {}, { position: { after: "newest" } }), SyntaxError);
});

test("at random cuts nothing is lost or doubled", async () => {
  const reader = await follow({ window: 8, same: (a, b) => a.n === b.n });
  let sent = 0;
  let id = 1;
  for (let cut = 0; cut < 200; cut++) {
    const count = Math.floor(Math.random() * 8);
    FakeSocket.last.messages(id, sent + 1, sent + count);
    if (Math.random() < 0.5) await settled();
    const { after } = (await comeBack()).opens[0]!;
    sent = Number(after ?? 0);
    id++;
  }
  FakeSocket.last.messages(id, sent + 1, sent + 3);
  const got = await numbers(reader);
  assert.deepEqual(got, got.map((_, i) => i + 1));
  assert.ok(got.length > 200);
});

test("what nobody takes is bounded by the window, which those who take it give back", async () => {
  const stream = bridge.stream<Message>(METHOD, {}, { window: 8 });
  const take = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await stream.next();
  };
  const first = take(1);
  await settled();
  FakeSocket.last.accept();
  FakeSocket.last.messages(1, 1, 8);
  await first;
  assert.deepEqual(FakeSocket.last.grants, []);
  await take(3);
  assert.deepEqual(FakeSocket.last.grants, [4]);
  await take(4);
  assert.deepEqual(FakeSocket.last.grants, [4, 4]);

  // Across a cut, too: what waits here already is counted.
  FakeSocket.last.messages(1, 9, 14);
  const socket = await comeBack();
  assert.equal(socket.opens[0]!.window, 2);
  await take(6);
  assert.deepEqual(socket.grants, [4]);
});

test("of the newest only the newest waits", async () => {
  const stream = bridge.stream<Message>(METHOD, {}, { window: 4, delivery: "latest" });
  const first = stream.next();
  await settled();
  FakeSocket.last.accept();
  FakeSocket.last.messages(1, 1, 9);
  assert.deepEqual((await first).value, { n: 9 });
  assert.deepEqual(FakeSocket.last.grants, [2, 2, 2, 2]);
});

test("break, return and a signal close it, and nobody else", async () => {
  const other = await follow();
  const abort = new AbortController();
  const streams = [0, 1, 2].map(() => bridge.stream<Message>(METHOD, {}, { signal: abort.signal }));
  const broken = (async () => {
    for await (const { n } of streams[0]!) if (n === 2) break;
  })();
  const returned = new Reader(streams[1]!);
  const aborted = new Reader(streams[2]!);
  await settled();
  FakeSocket.last.messages(2, 1, 3);
  await broken;
  await streams[1]!.return!();
  abort.abort(new Error("enough"));
  await settled();
  assert.deepEqual(FakeSocket.last.sent.flatMap(({ close }) => close?.id ?? []), [2, 3, 4]);
  assert.deepEqual([returned.done, returned.error, (aborted.error as Error).message], [true, undefined, "enough"]);
  FakeSocket.last.messages(3, 1);
  FakeSocket.last.say({ id: 3, error: { code: 400, status: "INVALID_ARGUMENT" } });
  FakeSocket.last.say({ id: 2 });
  FakeSocket.last.messages(1, 1);
  assert.deepEqual(await numbers(other), [1]);
});

test("one whose signal has come before opens nothing", async () => {
  const reader = new Reader(bridge.stream(METHOD, {}, { signal: AbortSignal.abort(new Error("late")) }));
  await settled();
  assert.equal((reader.error as Error).message, "late");
  assert.equal(FakeSocket.all.length, 0);
});

for (const status of [
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "FAILED_PRECONDITION",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "DATA_LOSS",
  "UNAUTHENTICATED",
]) {
  test(`${status} is thrown, after what came before it`, async () => {
    const reader = await follow();
    FakeSocket.last.messages(1, 1);
    FakeSocket.last.say({ id: 1, error: { code: 400, status, message: "why", details: [{ reason: "X" }] } });
    assert.deepEqual(await numbers(reader), [1]);
    const { name, code, message, details, passes, status: thrown } = reader.error as BridgeError;
    assert.deepEqual([name, code, thrown, message, details, passes], ["BridgeError", 400, status, "why", [{ reason: "X" }], false]);
  });
}

for (const status of ["CANCELLED", "UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "INTERNAL", "UNAVAILABLE"]) {
  test(`after ${status} it comes back on the same socket, later each time`, async () => {
    const reader = await follow();
    FakeSocket.last.messages(1, 1);
    for (let id = 1; id <= 4; id++) {
      FakeSocket.last.say({ id, error: { code: 503, status } });
      assert.equal(states[states.length - 1], "waiting");
      clock.pass(250 * 2 ** (id - 1) - 1);
      assert.equal(FakeSocket.last.opens.length, id);
      clock.pass(250 * 2 ** (id - 1) + 1);
      assert.deepEqual([FakeSocket.last.opens.length, FakeSocket.last.opens[id]!.after], [id + 1, "1"]);
    }
    FakeSocket.last.messages(5, 2);
    assert.deepEqual(await numbers(reader), [1, 2]);
    assert.equal(FakeSocket.all.length, 1);
  });
}

test("asked to compare, it asks for the last message once more, and gives it once", async () => {
  const reader = await follow({ same: (a, b) => a.n === b.n });
  FakeSocket.last.messages(1, 1, 7);
  const socket = await comeBack();
  assert.equal(socket.opens[0]!.after, "6");
  socket.messages(2, 7, 8);
  assert.deepEqual(await numbers(reader), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("and if it is another one now, what is streamed was replaced", async () => {
  for (const frame of [{ cursor: "7", message: { n: -7 } }, { cursor: "9", message: { n: 7 } }]) {
    FakeSocket.all = [];
    bridge = connect("http://host/", { WebSocket: FakeSocket });
    const reader = await follow({ same: (a, b) => a.n === b.n });
    FakeSocket.last.messages(1, 7);
    const socket = await comeBack();
    socket.say({ id: 2, ...frame });
    assert.deepEqual(await numbers(reader), [7]);
    assert.equal((reader.error as BridgeError).status, "OUT_OF_RANGE");
    assert.deepEqual(socket.sent[1], { close: { id: 2 } });
    bridge.close();
  }
});
