import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reading } from "../../web/src/reading";
import { MEMORY_MS, WINDOW_MS } from "../../web/src/series";
import { addReading, emptyState, forgetAll, forgetOld, MAX_PLACES } from "../../web/src/state";

const NOW = 1_700_000_000_000;

function reading(sequence: number, more: Partial<Reading> = {}): Reading {
  return { sequence, id: `id-${sequence}`, time: NOW, place: "Kyiv", happiness: 5, source: "web", ...more };
}

test("when a stream begins anew nothing stays", () => {
  const state = emptyState();
  for (let i = 1; i <= 5; i++) addReading(state, reading(i), NOW);
  forgetAll(state);
  assert.deepEqual(state, emptyState());
  addReading(state, reading(1, { id: "id-5" }), NOW);
  assert.equal(state.world.mean(0, Infinity).count, 1);
});

test("a reading of 0 counts as 0", () => {
  const state = emptyState();
  addReading(state, reading(1, { happiness: 0 }), NOW);
  addReading(state, reading(2, { happiness: 4 }), NOW);
  assert.deepEqual(state.world.mean(0, Infinity), { mean: 2, count: 2 });
});

test("the latest reading of a place is the one felt last, not the one that came last", () => {
  const state = emptyState();
  addReading(state, reading(1, { happiness: 9 }), NOW);
  addReading(state, reading(2, { happiness: 1, time: NOW - 5_000 }), NOW);
  assert.equal(state.places.get("Kyiv")?.latest.happiness, 9);
  assert.equal(state.latestTime, NOW);
});

test("a reading from before the page's memory makes its place known, and no line", () => {
  const state = emptyState();
  addReading(state, reading(1, { time: NOW - MEMORY_MS - WINDOW_MS - 1 }), NOW);
  assert.equal(state.places.get("Kyiv")?.series.size, 0);
  assert.equal(state.world.size, 0);
});

test("what is older than the page's memory is forgotten", () => {
  const state = emptyState();
  addReading(state, reading(1), NOW);
  forgetOld(state, NOW + MEMORY_MS + WINDOW_MS + 1_000);
  assert.equal(state.world.size, 0);
  assert.equal(state.places.get("Kyiv")?.series.size, 0);
});

test("places are remembered up to the bound: the longest unheard goes", () => {
  const state = emptyState();
  for (let i = 0; i < MAX_PLACES; i++) {
    addReading(state, reading(i + 1, { place: `place ${i}`, time: NOW + i }), NOW);
  }
  addReading(state, reading(MAX_PLACES + 1, { place: "place 0", time: NOW + MAX_PLACES }), NOW);
  addReading(state, reading(MAX_PLACES + 2, { place: "new", time: NOW + MAX_PLACES }), NOW);
  assert.equal(state.places.size, MAX_PLACES);
  assert.ok(state.places.has("new") && state.places.has("place 0"));
  assert.ok(!state.places.has("place 1"));
});
