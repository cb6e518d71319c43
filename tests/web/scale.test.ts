import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf, contrastRatio, lineColourOf, strokeOn } from "../../web/src/scale";

const CARD_BY_DAY = "#fffdf9";
const CARD_BY_NIGHT = "#151d21";
const LEVELS = Array.from({ length: 101 }, (_, i) => i / 10);

test("the scale runs from orange to teal through sand and is clamped outside 1 to 8.5", () => {
  assert.equal(colourOf(0), "#7a2408");
  assert.equal(colourOf(1), "#7a2408");
  assert.equal(colourOf(2.25), "#c2410c");
  assert.equal(colourOf(4.75), "#f2d7a0");
  assert.equal(colourOf(8.5), "#0b5563");
  assert.equal(colourOf(10), "#0b5563");
});

test("between two stops the colour lies between them", () => {
  assert.equal(colourOf((4.75 + 6) / 2), "#c1cfaf");
});

test("a face's strokes are light on dark fills and dark on light ones", () => {
  assert.equal(strokeOn(0), "#fffdf9");
  assert.equal(strokeOn(5), "#1c2326");
  assert.equal(strokeOn(10), "#fffdf9");
});

test("a face's strokes stand out at every level", () => {
  for (const level of LEVELS) assert.ok(contrastRatio(strokeOn(level), colourOf(level)) >= 3, `level ${level}`);
});

test("a line stands out at every level, by day and by night", () => {
  for (const card of [CARD_BY_DAY, CARD_BY_NIGHT]) {
    for (const level of LEVELS) assert.ok(contrastRatio(lineColourOf(level, card), card) >= 3, `${level} on ${card}`);
  }
});

test("a line keeps the scale's colour where that is legible", () => {
  assert.equal(lineColourOf(8.5, CARD_BY_DAY), colourOf(8.5));
  assert.equal(lineColourOf(4.75, CARD_BY_NIGHT), colourOf(4.75));
});

test("contrast is what WCAG says", () => {
  assert.equal(contrastRatio("#000000", "#ffffff"), 21);
  assert.equal(contrastRatio("#123456", "#123456"), 1);
});
