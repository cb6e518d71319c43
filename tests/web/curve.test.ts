import assert from "node:assert/strict";
import { test } from "node:test";
import { Curve, lonely } from "../../web/src/curve";
import type { Step } from "../../web/src/history";
import { startOf } from "../../web/src/range";
import type { Reading } from "../../web/src/reading";

const STEP = 10_000;

const reading = (sequence: number, time: number, happiness: number, place = "a"): Reading => ({
  sequence,
  id: `${sequence}`,
  time,
  place,
  happiness,
  source: "",
});

const step = (time: number, mean: number, count = 1): Step => ({ time, count, mean, min: mean, max: mean });

function curveOf(lastSequence: number, ...steps: Step[]): Curve {
  const curve = new Curve(STEP);
  curve.load("", { steps, step: STEP, lastSequence, withheld: 0 });
  return curve;
}

test("history and live meet in one step: none is missing, none counts twice", () => {
  const curve = curveOf(2, { time: 0, count: 2, mean: 4, min: 3, max: 5 });
  assert.equal(curve.add(reading(2, 9_000, 10)), false);
  assert.equal(curve.add(reading(3, 9_000, 10)), true);
  assert.deepEqual(curve.columns(0, STEP), { times: [5], means: [6], mins: [3], maxs: [10] });
});

test("a reading that was felt long ago changes its own time", () => {
  const curve = curveOf(0, step(0, 4), step(STEP, 8));
  curve.add(reading(1, 5_000, 6));
  assert.deepEqual(curve.columns(0, 2 * STEP).means, [5, 8]);
});

test("of some places, each history goes as far as it goes", () => {
  const curve = new Curve(STEP);
  curve.load("a", { steps: [step(0, 2)], step: STEP, lastSequence: 5, withheld: 1 });
  curve.load("b", { steps: [step(0, 6)], step: STEP, lastSequence: 7, withheld: 2 });
  for (const place of ["a", "b", "c"]) curve.add(reading(6, 1, 1, place));
  assert.deepEqual(curve.columns(0, STEP).means, [3]); // 2, 6 and the 1 of a
  assert.equal(curve.withheld, 3);
});

test("of a step at the edge only the part that is seen is drawn", () => {
  assert.deepEqual(curveOf(0, step(0, 1), step(STEP, 2)).columns(6_000, 12_000).times, [8, 11]);
});

test("of a live curve the step that is under way is filled up with the one before", () => {
  const curve = curveOf(0, step(0, 4, 10), step(STEP, 8, 1));
  assert.deepEqual(curve.columns(0, STEP + 4_000, true), {
    times: [5, 12],
    means: [4, (0.6 * 40 + 8) / (0.6 * 10 + 1)],
    mins: [4, 4],
    maxs: [4, 8],
  });
  assert.deepEqual(curve.columns(0, 2 * STEP, true).means, [4, 8], "a step that is over is itself");
  assert.deepEqual(curve.columns(0, STEP + 4_000).means, [4, 8], "and so is one of the past");
});

test("a long silence is a gap, a usual one is none", () => {
  const steps = [0, 1, 2, 3, 8, 9].map((i) => step(i * STEP, i));
  assert.deepEqual(curveOf(0, ...steps).columns(0, 100 * STEP).means, [0, 1, 2, 3, null, 8, 9]);
  const sparse = [0, 5, 10, 15].map((i) => step(i * STEP, 1));
  assert.deepEqual(curveOf(0, ...sparse).columns(0, 100 * STEP).means, [1, 1, 1, 1]);
});

test("what is outside of the interval is not drawn, and what is forgotten is gone", () => {
  const curve = curveOf(0, step(0, 1), step(STEP, 2), step(2 * STEP, 3));
  assert.deepEqual(curve.columns(STEP, 2 * STEP - 1).means, [2]);
  curve.trim(STEP);
  assert.equal(curve.start, STEP);
  assert.deepEqual(curve.columns(0, 3 * STEP).means, [2, 3]);
});

test("its memory is bounded: the oldest steps go first", () => {
  const curve = curveOf(0);
  for (let i = 0; i < 13_000; i++) curve.add(reading(i + 1, i * STEP, 5));
  assert.equal(curve.start, 1_000 * STEP);
});

test("a value alone between gaps is a dot", () => {
  assert.deepEqual(lonely([1, null, 2, null, 3, 4]), [0, 2]);
});

test("a new chart begins with its first reading, and grows", () => {
  assert.equal(startOf(undefined, 900, 10_000), 9_880);
  assert.equal(startOf(9_500, 900, 10_000), 9_500);
  assert.equal(startOf(10, 900, 10_000), 9_100);
});
