import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_LOUD, chooseLines, lastIndex, lonely, startOf, stepsAt, MAX_LOUD, UNHAPPIEST } from "../../web/src/lines";
import { MEMORY_MS } from "../../web/src/series";
import { sparkPath } from "../../web/src/spark";
import { addReading, emptyState } from "../../web/src/state";
import { placeRows, type PlaceRow } from "../../web/src/summary";

const NOW = 1_700_000_000_000;

function rows(count: number): PlaceRow[] {
  const state = emptyState();
  for (let i = 0; i < count; i++) {
    const happiness = (10 * i) / count;
    addReading(state, { sequence: i + 1, id: `${i}`, time: NOW, place: `p${i}`, happiness, source: "" }, NOW);
  }
  return placeRows(state, NOW);
}

const names = (chosen: readonly PlaceRow[]): string[] => chosen.map((row) => row.place.name);

test("a dozen places are all drawn loud", () => {
  const { loud, quiet } = chooseLines(rows(ALL_LOUD), undefined);
  assert.deepEqual([loud.length, quiet.length], [ALL_LOUD, 0]);
});

test("of more the unhappiest are loud and the others quiet", () => {
  const { loud, quiet } = chooseLines(rows(100), undefined);
  assert.deepEqual(names(loud), ["p0", "p1", "p2", "p3", "p4"]);
  assert.equal(quiet.length, 95);
});

test("the place that the reader points at is loud, too", () => {
  const { loud, quiet } = chooseLines(rows(100), "p77");
  assert.deepEqual(names(loud).slice(UNHAPPIEST), ["p77"]);
  assert.equal(quiet.length, 94);
  assert.ok(chooseLines(rows(ALL_LOUD), "p1").loud.length <= MAX_LOUD);
});

test("the steps end now and begin where the memory does", () => {
  const { from, seconds } = stepsAt(NOW);
  assert.ok(from <= NOW - MEMORY_MS && from > NOW - MEMORY_MS - 5_000);
  assert.ok(seconds.at(-1)! * 1_000 <= NOW && seconds.at(-1)! * 1_000 > NOW - 5_000);
});

test("a new chart grows from two minutes to the whole memory", () => {
  assert.equal(startOf(undefined, NOW), NOW - 120_000);
  assert.equal(startOf(NOW - 1_000, NOW), NOW - 120_000);
  assert.equal(startOf(NOW - 300_000, NOW), NOW - 300_000);
  assert.equal(startOf(0, NOW), NOW - MEMORY_MS);
});

test("the last value of a line is found behind what is missing", () => {
  assert.equal(lastIndex([1, 2, null, undefined]), 1);
  assert.equal(lastIndex([undefined]), -1);
});

test("values that stand alone are found, so that they are drawn as dots", () => {
  assert.deepEqual(lonely([1, null, 2, 3, null, undefined, 4, undefined]), [0, 6]);
  assert.deepEqual(lonely([undefined, 1, undefined, 2]), []);
  assert.deepEqual(lonely([]), []);
});

test("a sparkline is open at a gap, and a lone value is a dot", () => {
  assert.equal(sparkPath([1, 4, null, 2.5, null], 80, 20), "M0.0 20.0L20.0 0.0M60.0 10.0h0.01");
});

test("a sparkline goes on over a step without a reading", () => {
  assert.equal(sparkPath([5, undefined, 5], 10, 10), "M0.0 5.0L10.0 5.0");
});

test("a line without values has an empty sparkline", () => {
  assert.equal(sparkPath([undefined, undefined], 10, 10), "");
  assert.equal(sparkPath([], 10, 10), "");
});
