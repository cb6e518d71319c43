import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Connection, type Status } from "../../web/src/connection";

/** The browser's socket, as far as the connection sees it. */
class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all[FakeSocket.all.length - 1]!;
  }

  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  close(): void {
    this.closed = true;
  }
}

/** The browser's timers; time passes when a test says so. */
class FakeTimers {
  private next = 0;
  private readonly tasks = new Map<number, { task: () => void; wait: number }>();

  setTimeout = (task: () => void, wait: number): number => {
    this.tasks.set(++this.next, { task, wait });
    return this.next;
  };
  clearTimeout = (id: number): void => void this.tasks.delete(id);

  get waits(): number[] {
    return [...this.tasks.values()].map(({ wait }) => wait);
  }

  run(): void {
    const due = [...this.tasks.values()];
    this.tasks.clear();
    for (const { task } of due) task();
  }
}

let timers: FakeTimers;
let frames: string[];
let statuses: Status["kind"][];
let ends: number[];
let position: number;
let connection: Connection;

beforeEach(() => {
  timers = new FakeTimers();
  Object.assign(globalThis, { window: timers, WebSocket: FakeSocket });
  FakeSocket.all = [];
  [frames, statuses, ends, position] = [[], [], [], 0];
  connection = new Connection({
    url: () => `ws://host/?after=${position}`,
    onFrame: (data) => frames.push(data),
    onStatus: (status) => statuses.push(status.kind),
    onEnd: (code) => {
      ends.push(code);
      return code === 4011;
    },
  });
  connection.reconnect();
});

test("it connects, is live when open, and hands on text frames alone", () => {
  FakeSocket.last.onopen?.();
  FakeSocket.last.onmessage?.({ data: "1" });
  FakeSocket.last.onmessage?.({ data: new ArrayBuffer(1) });
  assert.deepEqual(statuses, ["connecting", "live"]);
  assert.deepEqual(frames, ["1"]);
});

test("after an end it waits, then connects from where the caller says by then", () => {
  FakeSocket.last.onopen?.();
  FakeSocket.last.onclose?.({ code: 1012 });
  assert.deepEqual(ends, [1012]);
  assert.deepEqual(statuses, ["connecting", "live", "waiting"]);
  position = 42;
  timers.run();
  assert.equal(FakeSocket.last.url, "ws://host/?after=42");
});

test("each failure in a row makes it wait longer, up to the bound", () => {
  let longest = 0;
  for (let attempt = 0; attempt < 12; attempt++) {
    FakeSocket.last.onclose?.({ code: 1006 });
    const [wait] = timers.waits;
    assert.ok(wait! <= 15_000);
    if (attempt < 5) assert.ok(wait! >= 250 * 2 ** attempt);
    longest = Math.max(longest, wait!);
    timers.run();
  }
  assert.ok(longest > 7_000);
});

test("a connection that lasted starts the back-off anew, one that didn't does not", () => {
  for (let i = 0; i < 6; i++) {
    FakeSocket.last.onopen?.();
    FakeSocket.last.onclose?.({ code: 1011 });
    timers.run();
  }
  FakeSocket.last.onclose?.({ code: 1006 });
  assert.ok(timers.waits[0]! >= 7_500);
  timers.run();
  FakeSocket.last.onopen?.();
  timers.run();
  FakeSocket.last.onclose?.({ code: 1006 });
  assert.ok(timers.waits[0]! <= 500);
});

test("an end that the caller knows an answer to is no failure: it comes back soon", () => {
  for (let i = 0; i < 6; i++) {
    FakeSocket.last.onclose?.({ code: 1006 });
    timers.run();
  }
  FakeSocket.last.onopen?.();
  FakeSocket.last.onclose?.({ code: 4011 });
  assert.ok(timers.waits[0]! <= 500);
});

test("an attempt that hangs is given up", () => {
  const hanging = FakeSocket.last;
  timers.run();
  assert.ok(hanging.closed);
  assert.deepEqual(statuses, ["connecting", "waiting"]);
});

test("there is at most one socket, and an old one is heard no more", () => {
  const old = FakeSocket.last;
  old.onopen?.();
  connection.reconnect();
  assert.ok(old.closed);
  assert.deepEqual([old.onmessage, old.onclose], [null, null]);
  assert.equal(FakeSocket.all.filter((socket) => !socket.closed).length, 1);
});
