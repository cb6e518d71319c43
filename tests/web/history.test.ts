import assert from "node:assert/strict";
import { test } from "node:test";
import { historyFromJson } from "../../web/src/history";

const level = { count: "2", mean: 4, min: 0, max: 8 };

test("reads a history as the service writes it", () => {
  const json = { steps: [{ startTime: "2024-07-01T00:00:00Z", level }], step: "3600s", withheldSteps: 3, lastSequence: "17" };
  assert.deepEqual(historyFromJson(json), {
    step: 3_600_000,
    lastSequence: 17,
    withheld: 3,
    steps: [{ time: Date.UTC(2024, 6, 1), count: 2, mean: 4, min: 0, max: 8 }],
  });
});

test("an empty history is one; anything else is none", () => {
  assert.deepEqual(historyFromJson({ step: "10s", lastSequence: "0" })?.steps, []);
  for (const json of [undefined, [], {}, { error: { code: 3 } }, { step: "10s" }]) assert.equal(historyFromJson(json), undefined);
});

test("a step without a level is left out", () => {
  const steps = [{ startTime: "2024-07-01T00:00:00Z" }, { startTime: "x", level }, { startTime: "2024-07-01T00:00:00Z", level: { count: "0" } }];
  assert.deepEqual(historyFromJson({ steps, step: "10s", lastSequence: "1" })?.steps, []);
});
