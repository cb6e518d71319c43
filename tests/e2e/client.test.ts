// The client of web/client before the real service: in Node with the package `ws`,
// and in the dashboard, whose streams all go over its one socket.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { WebSocket } from "ws";
import { connect, type Bridge, type BridgeError } from "../../web/client/src";
import { launch } from "./browser";
import { recordLines, type ReadingJson } from "./clients";
import { CuttableProxy } from "./cuttable_proxy";
import { live } from "./page";
import { Service } from "./service";
import { Inbox, within } from "./waiting";

const SERVICE = "happiness.v1.HappinessService/";

/** The longest that the network is left alone between two cuts, in ms. */
const CALM_MS = 150;

let service: Service;
let network: CuttableProxy;
let bridge: Bridge;
let recorded = 0;

beforeEach(async () => {
  service = await Service.start();
  network = await CuttableProxy.to(service.ports.http);
  bridge = connect(network.url, { WebSocket });
  recorded = 0;
});
afterEach(async () => {
  bridge.close();
  network.close();
  await service.stop();
});

/** As far ahead as readings may be felt: for more than a minute from now they are of the last minute. */
const felt = (): string => new Date(Date.now() + 50_000).toISOString();

async function record(count: number): Promise<void> {
  await recordLines(service, Array.from({ length: count }, () => ({ place: "Lima", happiness: 5, observeTime: felt() })));
  recorded += count;
}

/** Readings go on, and meanwhile the network is cut at random; `onMend` each time that it is there again. */
async function cutAtRandom(times: number, onMend: () => unknown): Promise<void> {
  for (let i = 0; i < times; i++) {
    await Promise.all([record(1 + Math.floor(Math.random() * 4)), setTimeout(Math.random() * CALM_MS)]);
    network.cut();
    if (Math.random() < 0.5) await record(1);
    network.mend();
    await onMend();
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test("in Node a stream is read slowly, a method that only reads is a stream of one, another is called", async () => {
  await record(600);
  const readings = bridge.stream<ReadingJson>(`${SERVICE}StreamReadings`, {}, { position: { after: 0 }, window: 8 });
  const sequences: number[] = [];
  for await (const { sequence } of readings) {
    assert.equal(readings.position, sequence);
    if (sequences.push(Number(sequence)) === 600) break;
    if (sequences.length % 50 === 0) await setTimeout(5);
  }
  assert.deepEqual(sequences, upTo(600));

  const histories = bridge.stream<{ lastSequence: string }>(`${SERVICE}QueryHistory`, { place: "Lima" });
  const answers: string[] = [];
  for await (const { lastSequence } of histories) answers.push(lastSequence);
  assert.deepEqual(answers, ["600"]);

  const reading = await bridge.call<ReadingJson>(`${SERVICE}RecordReading`, { reading: { place: "Oslo", happiness: 0 } });
  assert.deepEqual([reading.sequence, reading.happiness], ["601", 0]);
  const latest = bridge.stream<ReadingJson>(`/${SERVICE}StreamReadings`, { backlog: 5 }, { delivery: "latest" });
  for await (const { sequence } of latest) if (sequence === "601") break;
});

test("what can't pass is thrown, wherever it is asked, and names the field", async () => {
  const bad = async (method: string, request: object): Promise<BridgeError> => {
    for await (const _ of bridge.stream(method, request)) assert.fail("a message");
    return assert.fail("an end");
  };
  const cases: [() => Promise<unknown>, string, RegExp][] = [
    [() => bad(`${SERVICE}StreamReadings`, { places: [""] }), "INVALID_ARGUMENT", /places/],
    [() => bad(`${SERVICE}StreamReadings`, { colour: "blue" }), "INVALID_ARGUMENT", /colour/],
    [() => bad(`${SERVICE}StreamReadings`, { afterSequence: "7" }), "OUT_OF_RANGE", /7/],
    [() => bad("a.B/C", {}), "NOT_FOUND", /./],
    [() => bridge.call(`${SERVICE}RecordReading`, { reading: { place: "Oslo", happiness: 11 } }), "INVALID_ARGUMENT", /happiness/],
    [() => bridge.call("a.B/C"), "NOT_FOUND", /./],
    [() => bridge.call(`${SERVICE}StreamReadings`), "UNIMPLEMENTED", /use stream/],
  ];
  for (const [refused, status, message] of cases) {
    await within(`a refusal by ${status}`, assert.rejects(refused(), (error: BridgeError) => {
      assert.deepEqual([error.name, error.status, error.passes], ["BridgeError", status, false]);
      assert.match(error.message, message);
      return true;
    }));
  }
  network.cut();
  await assert.rejects(bridge.call(`${SERVICE}QueryHistory`), (error: BridgeError) => error.passes && error.code === 0);
});

test("in Node it comes back by itself after cuts at random, without hole or double", async () => {
  const got = new Inbox<ReadingJson>();
  const read = (async () => {
    const same = (last: ReadingJson, again: ReadingJson): boolean => last.readingId === again.readingId;
    for await (const reading of bridge.stream<ReadingJson>(`${SERVICE}StreamReadings`, { backlog: 1_000 }, { same })) got.push(reading);
  })();
  read.catch((error: Error) => got.fail(error));
  await record(3);
  await got.first(3, "readings");
  await cutAtRandom(5, () => undefined);
  await record(1);
  await got.first(recorded, "readings");
  assert.deepEqual(got.items.map(({ sequence }) => Number(sequence)), upTo(recorded));
});

/** What went over the page's sockets, in order. */
interface Wire {
  readonly opens: { readonly id: number; readonly method: string; readonly request: { readonly places?: string[] }; readonly after?: string }[];
  /** By the id of their stream. */
  readonly sequences: Map<number, number[]>;
  readonly isOpen: () => boolean;
}

function listen(page: Page): Wire[] {
  const wires: Wire[] = [];
  page.on("websocket", (socket) => {
    const wire: Wire = { opens: [], sequences: new Map(), isOpen: () => !socket.isClosed() };
    wires.push(wire);
    socket.on("framesent", ({ payload }) => {
      const { open } = JSON.parse(payload.toString()) as { open?: Wire["opens"][number] };
      if (open) wire.opens.push(open);
    });
    socket.on("framereceived", ({ payload }) => {
      const { id, message } = JSON.parse(payload.toString()) as { id: number; message?: { sequence?: string } };
      const sequences = wire.sequences.get(id) ?? [];
      if (message?.sequence) wire.sequences.set(id, [...sequences, Number(message.sequence)]);
    });
  });
  return wires;
}

/** What the page took of its readings, as it says itself by where it goes on: the last one that it
 * has comes once more, and of what arrived on a socket that it had given up it knows nothing. */
function readingsOf(wires: readonly Wire[]): number[] {
  const got: number[] = [];
  for (const { opens, sequences } of wires) {
    for (const { id, method, request, after } of opens) {
      if (!method.endsWith("StreamReadings") || request.places?.length) continue;
      const came = sequences.get(id) ?? [];
      if (after === undefined) {
        got.push(...came);
        continue;
      }
      const last = Number(after) + 1;
      assert.ok(got.includes(last), `the page has not got ${last}`);
      got.length = got.indexOf(last) + 1;
      assert.ok(came.length === 0 || came[0] === last, `${came[0]} came again for ${last}`);
      got.push(...came.slice(1));
    }
  }
  return got;
}

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test("the dashboard holds one socket; cut 50 times at random its readings have no hole and no double", async () => {
  await record(2);
  const page = await (await browser.newContext()).newPage();
  const wires = listen(page);
  await page.goto(`${network.url}/?place=Lima`);
  await live(page);
  await page.waitForFunction(() => document.querySelectorAll(".reading").length === 2);
  assert.equal(wires.length, 1);
  const streams = wires[0]!.opens.map(({ method, request }) => `${method.split("/")[1]} ${request.places ?? ""}`.trim());
  for (const stream of ["StreamReadings", "StreamSummaries", "StreamReadings Lima"]) assert.ok(streams.includes(stream), stream);

  // What the browser says when the network is back: so nothing waits for its back-off.
  await cutAtRandom(50, () => page.evaluate(() => dispatchEvent(new Event("online"))));
  await record(1);
  await page.waitForFunction((n) => document.querySelector(".place-count")?.textContent === String(n), recorded);
  await page.waitForFunction(() => document.querySelectorAll(".reading").length === 30);
  assert.deepEqual(readingsOf(wires), upTo(recorded));
  assert.ok(wires.length > 25, `${wires.length} sockets in turn`);
  assert.equal(wires.filter(({ isOpen }) => isOpen()).length, 1);
  await page.context().close();
});
