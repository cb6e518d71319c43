import assert from "node:assert/strict";
import { test } from "node:test";
import { readingFromJson } from "../../web/src/reading";

const WIRE = {
  sequence: "42",
  readingId: "0b9c3f0e-6a1d-4c1e-9f5f-0d6a7c1b2e3f",
  observeTime: "2026-11-23T20:33:33.250Z",
  place: "Kampala",
  happiness: 7.1,
  source: "web",
};

test("a reading is read as it stands on the wire", () => {
  assert.deepEqual(readingFromJson(WIRE), {
    sequence: 42,
    id: WIRE.readingId,
    time: Date.UTC(2026, 10, 23, 20, 33, 33, 250),
    place: "Kampala",
    happiness: 7.1,
    source: "web",
  });
});

test("a happiness of exactly 0 is kept", () => {
  assert.equal(readingFromJson({ ...WIRE, happiness: 0 })?.happiness, 0);
});

test("unknown fields, and nanoseconds, do no harm", () => {
  const reading = readingFromJson({ ...WIRE, mood: "fine", observeTime: "2026-11-23T20:33:33.250999999Z" });
  assert.equal(reading?.time, Date.UTC(2026, 10, 23, 20, 33, 33, 250));
});

test("a reading without source is one", () => {
  assert.equal(readingFromJson({ ...WIRE, source: undefined })?.source, "");
});

for (const [what, json] of Object.entries({
  "no happiness": { ...WIRE, happiness: undefined },
  "happiness as text": { ...WIRE, happiness: "NaN" },
  "happiness below 0": { ...WIRE, happiness: -0.1 },
  "happiness above 10": { ...WIRE, happiness: 10.1 },
  "no place": { ...WIRE, place: undefined },
  "an empty place": { ...WIRE, place: "" },
  "no id": { ...WIRE, readingId: undefined },
  "no sequence": { ...WIRE, sequence: undefined },
  "a sequence of 0": { ...WIRE, sequence: "0" },
  "a time that is none": { ...WIRE, observeTime: "yesterday" },
  "an array": [WIRE],
  "null": null,
  "a number": 7,
})) {
  test(`what is no reading is ignored: ${what}`, () => {
    assert.equal(readingFromJson(json), undefined);
  });
}
