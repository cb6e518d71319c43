import assert from "node:assert/strict";
import { test } from "node:test";
import { MEMORY_MS, WINDOW_MS } from "../../web/src/series";
import { addReading, emptyState, forgetOld, type State } from "../../web/src/state";
import { levelOf, placeRows } from "../../web/src/summary";
import { toldFromJson } from "../../web/src/told";

const NOW = 1_700_000_000_000;

/** A state of readings [place, happiness, seconds ago]. */
function stateOf(...readings: [string, number, number][]): State {
  const state = emptyState();
  readings.forEach(([place, happiness, ago], i) => {
    const time = NOW - ago * 1_000;
    addReading(state, { sequence: i + 1, id: `${i}`, time, place, happiness, source: "" }, NOW);
  });
  return state;
}

const names = (state: State, now = NOW): string[] => placeRows(state, now).map((row) => row.place.name);

test("without a reading there is no level", () => {
  assert.equal(levelOf(emptyState(), NOW), undefined);
});

test("the level is the mean of the last minute's readings", () => {
  const level = levelOf(stateOf(["a", 0, 59], ["b", 4, 30], ["b", 8, 1], ["c", 10, 60]), NOW);
  assert.deepEqual([level?.mean, level?.readings, level?.places, level?.stale], [4, 3, 2, false]);
});

test("the trend is against the minute before", () => {
  assert.equal(levelOf(stateOf(["a", 6, 90], ["a", 7, 1]), NOW)?.trend, 1);
  assert.equal(levelOf(stateOf(["a", 7, 1]), NOW)?.trend, undefined);
  assert.equal(levelOf(stateOf(["a", 6, 180], ["a", 7, 1]), NOW)?.trend, undefined);
});

test("after a silent minute the level is the last one there was, and stale", () => {
  const level = levelOf(stateOf(["a", 2, 150], ["a", 4, 130], ["b", 6, 120]), NOW);
  assert.deepEqual([level?.mean, level?.readings, level?.places, level?.stale], [4, 3, 2, true]);
  assert.equal(level?.latestTime, NOW - 120_000);
});

test("when all is forgotten the level is that of the latest readings", () => {
  const state = stateOf(["a", 2, 1], ["b", 6, 1]);
  const later = NOW + MEMORY_MS + 2 * WINDOW_MS;
  forgetOld(state, later);
  const level = levelOf(state, later);
  assert.deepEqual([level?.mean, level?.places, level?.stale], [4, 2, true]);
});

test("where the page has not all of the last minute the level is the one that the service tells", () => {
  const summary = { world: { count: "60000", mean: 5.5, trend: -1 }, morePlaces: 70 };
  const told = toldFromJson(summary, NOW);
  const state = stateOf(["a", 2, 1], ["b", 4, 1]);
  const { mean, readings, places, trend, stale } = levelOf(state, NOW, told)!;
  assert.deepEqual([mean, readings, places, trend, stale], [5.5, 60_000, 70, -1, false]);
  assert.equal(levelOf(emptyState(), NOW, told)?.latestTime, NOW);
  // With a clock that is wrong what it has seems to be of long ago.
  assert.equal(levelOf(state, NOW + 100_000, toldFromJson(summary, NOW + 100_000))?.stale, false);
});

test("otherwise it is the page's own: newer, or the service no longer tells", () => {
  const state = stateOf(["a", 2, 1], ["b", 4, 1]);
  const tells = (count: unknown): unknown => ({ world: { count, mean: 9 }, morePlaces: 1 });
  assert.equal(levelOf(state, NOW, toldFromJson(tells("2"), NOW))?.mean, 3);
  assert.equal(levelOf(state, NOW, toldFromJson(tells("9"), NOW - 6_000))?.mean, 3);
  for (const json of [undefined, {}, { world: {} }, { world: { count: "0" }, morePlaces: 0 }, tells("x")]) {
    assert.equal(toldFromJson(json, NOW), undefined);
  }
});

test("the unhappiest place comes first, a 0 before everything", () => {
  assert.deepEqual(names(stateOf(["happy", 9, 1], ["zero", 0, 1], ["so-so", 5, 1])), ["zero", "so-so", "happy"]);
});

test("equal places stand in the order of their names, so that they keep still", () => {
  assert.deepEqual(names(stateOf(["b", 5, 1], ["a", 5, 1])), ["a", "b"]);
});

test("a place's level is the mean of its last minute", () => {
  const [row] = placeRows(stateOf(["a", 10, 100], ["a", 2, 50], ["a", 4, 1]), NOW);
  assert.deepEqual([row?.level, row?.count, row?.stale], [3, 2, false]);
});

test("a silent place keeps its last level and is stale", () => {
  const [row] = placeRows(stateOf(["a", 10, 200], ["a", 2, 130], ["a", 4, 100]), NOW);
  assert.deepEqual([row?.level, row?.count, row?.stale, row?.recent], [3, 0, true, true]);
});

test("places silent for longer than the page remembers come last", () => {
  const state = stateOf(["long ago", 0, MEMORY_MS / 1_000 + 1], ["now", 9, 1], ["silent", 5, 300]);
  assert.deepEqual(names(state), ["silent", "now", "long ago"]);
});
