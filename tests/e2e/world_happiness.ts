// The readings of tests/data/world_happiness.csv.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const READINGS = 875;

export interface Draft {
  readonly place: string;
  readonly happiness: number;
  readonly source: string;
}

/** In the order of the file, each with its year. */
export function yearsOfHappiness(): { year: number; draft: Draft }[] {
  const [, ...lines] = readFileSync("tests/data/world_happiness.csv", "utf8").trim().split("\n");
  return lines.map((line) => {
    const [, year, place, happiness] = /^(\d{4}),"?(.*?)"?,([\d.]+)$/.exec(line) ?? assert.fail(line);
    return { year: Number(year), draft: { place: place!, happiness: Number(happiness), source: "import" } };
  });
}

export function worldHappiness(): Draft[] {
  return yearsOfHappiness().map(({ draft }) => draft);
}
