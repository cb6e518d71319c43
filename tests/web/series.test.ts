import assert from "node:assert/strict";
import { test } from "node:test";
import { MEMORY_MS, Series } from "../../web/src/series";

const START = 1_000_000_000;

/** A series with a reading of `value(i)` every `interval` ms. */
function regular(count: number, interval: number, value: (i: number) => number = () => 5): Series {
  const series = new Series();
  for (let i = 0; i < count; i++) series.add(START + i * interval, value(i));
  return series;
}

test("readings of the same second are one mean", () => {
  const series = new Series();
  series.add(START, 2);
  series.add(START + 999, 4);
  assert.equal(series.size, 1);
  assert.deepEqual(series.mean(START - 1, Infinity), { mean: 3, count: 2 });
});

test("a window excludes its beginning and includes its end", () => {
  const series = regular(3, 1_000, (i) => i);
  assert.deepEqual(series.mean(START, START + 2_000), { mean: 1.5, count: 2 });
  assert.deepEqual(series.mean(START - 1, START), { mean: 0, count: 1 });
});

test("an empty window has no readings", () => {
  assert.equal(regular(3, 1_000).mean(START + 9_000, Infinity).count, 0);
  assert.equal(new Series().mean(0, Infinity).count, 0);
});

test("a reading that was felt earlier finds its place", () => {
  const series = regular(3, 10_000, (i) => i);
  series.add(START + 5_000, 9);
  series.add(START - 5_000, 8);
  assert.deepEqual(series.line(START - 5_000, 5_000, 6), [8, 0, 9, 1, undefined, 2]);
});

test("trimming forgets what is older and keeps the rest", () => {
  const series = regular(10, 1_000, (i) => i);
  series.trim(START + 7_000);
  assert.equal(series.size, 3);
  assert.equal(series.start, START + 7_000);
  assert.deepEqual(series.mean(0, Infinity), { mean: 8, count: 3 });
});

test("memory is bounded by seconds, not by readings", () => {
  const series = new Series();
  for (let i = 0; i < 100_000; i++) {
    series.add(START + i * 50, 5);
    series.trim(START + i * 50 - MEMORY_MS);
  }
  assert.ok(series.size <= MEMORY_MS / 1_000 + 1, `${series.size}`);
});

test("a line has the mean of each step", () => {
  const series = regular(4, 1_000, (i) => i * 2);
  assert.deepEqual(series.line(START, 2_000, 2), [1, 5]);
});

test("a step without a reading is no gap where readings are rare", () => {
  const line = regular(3, 10_000).line(START, 5_000, 5);
  assert.deepEqual(line, [5, undefined, 5, undefined, 5]);
});

test("a silence much longer than usual is a gap in all of its steps", () => {
  const series = regular(10, 5_000);
  series.add(START + 45_000 + 30_000, 6);
  assert.deepEqual(series.line(START + 40_000, 5_000, 8), [5, 5, null, null, null, null, null, 6]);
});

test("a long silence does not teach that silences are usual", () => {
  const series = regular(20, 5_000);
  series.add(START + 1_000_000, 5);
  assert.ok(series.gap <= 30_000, `${series.gap}`);
});

test("what is usual is learnt: a device that reports by the minute has no gaps", () => {
  const line = regular(5, 60_000).line(START, 5_000, 60);
  assert.ok(!line.includes(null));
});

test("with a window each step has the mean of the window that ends with its last reading", () => {
  const series = regular(6, 5_000, (i) => [0, 6, 3, 9, 0, 6][i]!);
  assert.deepEqual(series.line(START, 5_000, 6, 10_000), [0, 3, 4.5, 6, 4.5, 3]);
  assert.deepEqual(series.line(START + 10_000, 5_000, 2, 10_000), [4.5, 6]);
});

test("with a window shorter than a step the whole step counts", () => {
  const series = regular(4, 1_000, (i) => i * 2);
  assert.deepEqual(series.line(START, 2_000, 2, 500), [1, 5]);
});

test("a line's last value is the level of the last minute", () => {
  const series = regular(600, 1_700, (i) => (i * 7) % 11);
  const end = START + 599 * 1_700;
  const last = series.line(end - MEMORY_MS, 5_000, 181, 60_000).filter((value) => typeof value === "number").at(-1);
  assert.ok(Math.abs(last! - series.mean(Math.floor(end / 1_000) * 1_000 - 60_000, end).mean) < 1e-9);
});

test("a line shows nothing of what lies outside its steps", () => {
  const series = regular(10, 5_000, (i) => i);
  assert.deepEqual(series.line(START + 10_000, 5_000, 3), [2, 3, 4]);
});
