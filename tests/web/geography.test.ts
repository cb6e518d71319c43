import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { countryOf, pointOf, shapes } from "../../web/src/map/geography";

test("every country of the World Happiness Report is on the map", () => {
  const [, ...lines] = readFileSync("tests/data/world_happiness.csv", "utf8").trim().split("\n");
  const places = new Set(lines.map((line) => /^\d+,"?(.*?)"?,[\d.]+$/.exec(line)?.[1] ?? ""));
  const lost = [...places].filter((place) => countryOf(place) === undefined && pointOf(place) === undefined);
  assert.deepEqual(lost, []);
});

test("each country that is found has a shape", () => {
  const names = new Set(shapes().map(({ name }) => name));
  for (const place of ["uganda", "USA", "Türkiye", "Dr Congo", "Ivory Coast", "CZECHIA", "North Macedonia"]) {
    assert.ok(names.has(countryOf(place) ?? ""), place);
  }
});

test("cities are points, whatever their accents", () => {
  for (const place of ["São Paulo", "Sao Paulo", "Zürich", "Kampala", "new york", "Berlin"]) {
    const [longitude, latitude] = pointOf(place) ?? assert.fail(place);
    assert.ok(Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90);
  }
});

test("a room is nowhere", () => {
  for (const place of ["Room 12", "", "constructor"]) {
    assert.equal(countryOf(place), undefined);
    assert.equal(pointOf(place), undefined);
  }
});
