import assert from "node:assert/strict";
import { test } from "node:test";
import { CurveLoader } from "../../web/src/curve_loader";
import type { History, Subject } from "../../web/src/history";

const WORLD: Subject = { places: [], from: 0, to: undefined, span: 900_000, step: 10_000 };

const history = (lastSequence: number, mean?: number): History => ({
  step: 10_000,
  lastSequence,
  withheld: 0,
  steps: mean === undefined ? [] : [{ time: 0, count: 1, mean, min: mean, max: mean }],
});

const reading = (sequence: number, happiness: number, place = "a", time = 1) => ({
  sequence,
  id: `${sequence}`,
  time,
  place,
  happiness,
  source: "",
});

/** Answers when the test says so. */
class Service {
  readonly asked: { place: string; answer: (history: History | undefined) => void }[] = [];
  readonly fetch = (place: string): Promise<History | undefined> =>
    new Promise((answer) => this.asked.push({ place, answer }));
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const means = (loader: CurveLoader): unknown => loader.curve?.columns(0, 10_000).means;

test("what is recorded while a history is on its way is in the curve, once", async () => {
  const service = new Service();
  const loader = new CurveLoader(service.fetch, () => undefined);
  loader.show(WORLD);
  for (const sequence of [1, 2, 3]) loader.take(reading(sequence, sequence));
  assert.equal(loader.curve, undefined);
  service.asked[0]?.answer(history(2, 1.5)); // has 1 and 2, as one of 1.5
  await settled();
  assert.deepEqual(means(loader), [2.25]);
});

test("a curve of the same places stays until the next has come; one of others goes at once", async () => {
  const service = new Service();
  const loader = new CurveLoader(service.fetch, () => undefined);
  loader.show(WORLD);
  service.asked[0]?.answer(history(0, 1));
  await settled();
  loader.show({ ...WORLD, span: 3_600_000 });
  assert.deepEqual(means(loader), [1]);
  loader.show({ ...WORLD, places: ["a"] });
  assert.equal(loader.curve, undefined);
});

test("of a log that was replaced nothing stays", async () => {
  const service = new Service();
  const loader = new CurveLoader(service.fetch, () => undefined);
  loader.show(WORLD);
  service.asked[0]?.answer(history(7, 1));
  await settled();
  loader.reload();
  assert.equal(loader.curve, undefined);
  loader.take(reading(1, 9));
  service.asked[1]?.answer(history(0, 5));
  await settled();
  assert.deepEqual(means(loader), [7]);
});

test("an answer that comes too late is dropped", async () => {
  const service = new Service();
  const loader = new CurveLoader(service.fetch, () => undefined);
  loader.show(WORLD);
  service.asked[0]?.answer(history(0, 1));
  await settled();
  loader.show({ ...WORLD, places: ["a"] });
  loader.show({ ...WORLD, places: ["b"] });
  service.asked[2]?.answer(history(0, 3));
  await settled();
  service.asked[1]?.answer(history(0, 2));
  await settled();
  assert.deepEqual(service.asked.map(({ place }) => place), ["", "a", "b"]);
  assert.deepEqual(means(loader), [3]);
});

test("readings of other places and other times are left out", async () => {
  const service = new Service();
  const loader = new CurveLoader(service.fetch, () => undefined);
  loader.show({ places: ["a"], from: 1_000, to: 5_000, span: 4_000, step: undefined });
  service.asked[0]?.answer(history(0));
  await settled();
  loader.take(reading(1, 9, "b"));
  loader.take(reading(2, 9, "a", 10_000));
  loader.take(reading(3, 4, "a", 9_999)); // of a step that the interval touches
  assert.deepEqual(means(loader), [4]);
});

test("of many places a few histories are asked for at a time, and none for what is shown no longer", async () => {
  const service = new Service();
  const loader = new CurveLoader(service.fetch, () => undefined);
  const answerAll = async (): Promise<void> => {
    for (const { answer } of service.asked) answer(history(0, 1));
    await settled();
  };
  loader.show({ ...WORLD, places: ["a", "b", "c", "d", "e", "f"] });
  assert.deepEqual(
    service.asked.map(({ place }) => place),
    ["a", "b", "c", "d"],
  );
  await answerAll();
  assert.equal(service.asked.length, 6);
  assert.equal(loader.curve, undefined);
  await answerAll();
  assert.deepEqual(means(loader), [1]);
  loader.show({ ...WORLD, places: ["a", "b", "c", "d", "e"] });
  loader.show({ ...WORLD, places: ["g"] });
  await answerAll();
  assert.equal(service.asked.length, 6 + 4 + 1);
});

test("a history that can't be read is asked for again", async () => {
  const service = new Service();
  let changes = 0;
  const loader = new CurveLoader(service.fetch, () => changes++);
  loader.show(WORLD);
  service.asked[0]?.answer(undefined);
  await settled();
  assert.deepEqual([loader.failed, changes], [true, 1]);
  while (service.asked.length < 2) await settled();
  service.asked[1]?.answer(history(0, 7));
  await settled();
  assert.deepEqual([loader.failed, means(loader)], [false, [7]]);
});

test("with more than it can keep meanwhile it asks anew", async () => {
  const service = new Service();
  const loader = new CurveLoader(service.fetch, () => undefined);
  loader.show(WORLD);
  for (let sequence = 1; sequence <= 20_001; sequence++) loader.take(reading(sequence, 5));
  assert.equal(service.asked.length, 2);
  service.asked[1]?.answer(history(20_001, 5));
  await settled();
  assert.deepEqual(means(loader), [5]);
});
