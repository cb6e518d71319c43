import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, type Bridge } from "../../web/client/src";
import { Api } from "../../web/src/api";
import { Follower, type Status } from "../../web/src/follow";

const RECORDED = {
  sequence: "9",
  readingId: "id",
  observeTime: "2026-11-23T20:33:33Z",
  place: "Kyiv",
  happiness: 0,
  source: "web",
};
const DRAFT = { readingId: "id", place: "Kyiv", happiness: 0 };

interface Options {
  readonly same?: (last: unknown, again: unknown) => boolean;
}

/** The client, as far as the page uses it: what it is asked, and streams of these messages. */
class FakeBridge {
  readonly asked: { method: string; request: object; options: Options }[] = [];
  messages: unknown[] = [];
  answer: () => unknown = () => RECORDED;
  readonly api = new Api(this as unknown as Bridge);

  async *stream(method: string, request: object, options: Options): AsyncGenerator<unknown, void> {
    this.asked.push({ method: method.split("/")[1]!, request, options });
    yield* this.messages;
  }
  async call(_method: string, request: object): Promise<unknown> {
    this.asked.push({ method: "", request, options: {} });
    return this.answer();
  }
}

const nothing = (): void => undefined;

test("the streams are asked for a backlog, and compare readings by their ids", async () => {
  const bridge = new FakeBridge();
  await bridge.api.readings(["a&b"], nothing).next();
  await bridge.api.placeReadings("Oslo", nothing).next();
  await bridge.api.summaries(nothing).next();
  assert.deepEqual(
    bridge.asked.map(({ method, request }) => [method, request]),
    [
      ["StreamReadings", { places: ["a&b"], backlog: 8_192 }],
      ["StreamReadings", { places: ["Oslo"], backlog: 30 }],
      ["StreamSummaries", { limit: 0 }],
    ],
  );
  const { same } = bridge.asked[0]!.options;
  assert.ok(same!(RECORDED, { ...RECORDED, source: "" }));
  for (const other of [{ ...RECORDED, readingId: "x" }, null]) assert.ok(!same!(RECORDED, other));
});

test("a history is asked for as its subject says, and one that fails is none", async () => {
  const bridge = new FakeBridge();
  bridge.messages = [{ step: "10s", lastSequence: "3" }];
  const subject = { places: [], from: 0, to: 60_000, span: 60_000, step: 10_000 };
  assert.equal((await bridge.api.history("Oslo", subject))?.lastSequence, 3);
  await bridge.api.history("", { ...subject, to: undefined, step: undefined });
  const [from, to] = ["1970-01-01T00:00:00.000Z", "1970-01-01T00:01:00.000Z"];
  assert.deepEqual(
    bridge.asked.map(({ request }) => request),
    [
      { place: "Oslo", startTime: from, endTime: to, step: "10s" },
      { place: "", startTime: from },
    ],
  );
  bridge.messages = [];
  assert.equal(await bridge.api.history("", subject), undefined);
});

test("a reading is recorded; one that is refused is told apart from one that may be sent again", async () => {
  const bridge = new FakeBridge();
  const answer = await bridge.api.record(DRAFT);
  assert.equal("reading" in answer && answer.reading.sequence, 9);
  assert.deepEqual(bridge.asked[0]!.request, { reading: { ...DRAFT, source: "web" } });
  const cases: [unknown, string, boolean][] = [
    [new BridgeError({ code: 400, status: "INVALID_ARGUMENT", message: "reading.place: is empty" }), "reading.place: is empty", true],
    [new BridgeError({ code: 429, status: "RESOURCE_EXHAUSTED", message: "too many" }), "too many", false],
    [new BridgeError({ code: 502, message: "HTTP 502" }), "the service answered 502.", false],
    [new BridgeError({ code: 0, status: "UNAVAILABLE", message: "failed to fetch" }), "the service can't be reached. Your reading is kept.", false],
    [new Error("timed out"), "the service can't be reached. Your reading is kept.", false],
  ];
  for (const [error, message, refused] of cases) {
    bridge.answer = () => {
      throw error;
    };
    assert.deepEqual(await bridge.api.record(DRAFT), { message, refused });
  }
  bridge.answer = () => ({});
  assert.equal("message" in (await bridge.api.record(DRAFT)), true);
});

test("a stream that is over is begun anew, and one that was stopped is heard no more", async () => {
  const bridge = new FakeBridge();
  bridge.messages = [1, 2];
  const taken: unknown[] = [];
  const statuses: Status["kind"][] = [];
  let ends = 0;
  const begunAgain = new Promise<void>((resolve) => {
    const follower = new Follower({
      open: (onState) => bridge.api.summaries(onState),
      take: (message) => {
        if (taken.push(message) < 3) return;
        follower.stop();
        resolve();
      },
      onEnd: () => ends++,
      onStatus: ({ kind }) => statuses.push(kind),
    });
    follower.start();
  });
  await begunAgain;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([taken, ends, statuses], [[1, 2, 1], 1, ["waiting"]]);
});
