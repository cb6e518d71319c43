import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "../../../web/client/src/index";

test("the first attempt comes within half a second, but not at once", () => {
  assert.equal(backoff(0, 0), 250);
  assert.equal(backoff(0, 1), 500);
});

test("the wait doubles with each attempt", () => {
  for (let attempt = 0; attempt < 4; attempt++) {
    assert.equal(backoff(attempt + 1, 0.5), 2 * backoff(attempt, 0.5));
  }
});

test("no wait is longer than 15 s, however many attempts there were", () => {
  for (const attempt of [5, 6, 100, 1e9]) assert.equal(backoff(attempt, 1), 15_000);
});

test("half of the wait is chance", () => {
  assert.equal(backoff(9, 0), 7_500);
});
