import assert from "node:assert/strict";
import { test } from "node:test";
import { spread } from "../../web/src/labels";

test("labels with room stay where they want to be", () => {
  assert.deepEqual(spread([10, 50, 90], 15, 0, 100), [10, 50, 90]);
});

test("labels that would overlap move apart around their middle", () => {
  assert.deepEqual(spread([50, 50], 10, 0, 100), [45, 55]);
});

test("a group that grows into its neighbour takes it in", () => {
  assert.deepEqual(spread([40, 40, 46], 10, 0, 100), [32, 42, 52]);
});

test("labels stay between the edges", () => {
  assert.deepEqual(spread([-20, 0, 2], 10, 0, 100), [0, 10, 20]);
  assert.deepEqual(spread([100, 120], 10, 0, 100), [90, 100]);
});

test("the order of lines is the order of labels, whatever the order they come in", () => {
  assert.deepEqual(spread([60, 10, 59], 10, 0, 100), [64.5, 10, 54.5]);
});

test("too many labels share the room that there is", () => {
  assert.deepEqual(spread([5, 5, 5, 5, 5], 10, 0, 20), [0, 5, 10, 15, 20]);
});

test("no labels, no places", () => {
  assert.deepEqual(spread([], 10, 0, 100), []);
});
