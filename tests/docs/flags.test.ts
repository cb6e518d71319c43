// The README's table of flags, compared with what the programs themselves say.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** The flags that a program's --help lists. */
function flagsOf(program: string): string[] {
  const help = execFileSync(program, ["--help"], { encoding: "utf8" });
  return [...help.matchAll(/^  --([a-z_]+)(?:=|$)/gm)].map(([, flag]) => flag!);
}

function flagsInReadme(): string[] {
  const [, section] = /^## Flags\n(.*?)^## /ms.exec(readFileSync("README.md", "utf8")) ?? assert.fail("no section");
  const rows = section!.split("\n").filter((line) => line.startsWith("| `--"));
  return rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/--([a-z_]+)/g)].map(([, flag]) => flag!));
}

test("every flag is in the README's table, and every flag there is one", () => {
  const programs = new Set(["service/service", "bridge/bridge"].flatMap(flagsOf));
  programs.delete("flagfile"); // of every program; above the table
  const readme = flagsInReadme().map((flag) => (flag === "nobridge" ? "bridge" : flag));
  assert.deepEqual(readme.sort(), [...programs].sort());
});
