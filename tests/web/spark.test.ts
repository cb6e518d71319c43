import assert from "node:assert/strict";
import { test } from "node:test";
import { sparkPath } from "../../web/src/spark";

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
