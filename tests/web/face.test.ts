import assert from "node:assert/strict";
import { test } from "node:test";
import { faceShape } from "../../web/src/face";

/** How far the middle of the mouth hangs below its corners. */
function smile(level: number): number {
  const [, corner, bow] = /^M\S+ (\S+)Q50 (\S+) /.exec(faceShape(level).mouth)!.map(Number);
  return bow! - corner!;
}

/** How far a brow's inner end stands above its outer one. */
function sadness(level: number): number {
  const [, outer, inner] = /^M25 (\S+)L41 (\S+)$/.exec(faceShape(level).leftBrow)!.map(Number);
  return outer! - inner!;
}

test("the mouth bends with the level: down at 0, straight at 5, up at 10", () => {
  assert.ok(smile(0) < -20);
  assert.equal(smile(5), 0);
  assert.ok(smile(10) > 20);
  for (let level = 0; level < 10; level++) assert.ok(smile(level + 1) > smile(level));
});

test("brows appear below 4", () => {
  assert.equal(faceShape(4).browOpacity, 0);
  assert.ok(faceShape(3).browOpacity > 0);
  assert.equal(faceShape(0).browOpacity, 1);
});

test("brows are sad, not angry: their inner ends rise", () => {
  for (const level of [0, 1, 2, 3, 3.9]) assert.ok(sadness(level) > 0);
  assert.ok(sadness(0) > sadness(3));
});
