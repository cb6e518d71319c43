// The systemd unit, as systemd itself judges it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const UNIT = "deploy/happiness.service";

/** What `systemd-analyze` says of the unit, without a systemd that runs. */
function analyze(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync("systemd-analyze", [...args, UNIT], { encoding: "utf8" });
  assert.equal(error, undefined);
  return { status, output: stdout + stderr };
}

test("its exposure is under 2.0", () => {
  const { status, output } = analyze("security", "--offline=true", "--no-pager", "--threshold=19");
  assert.match(output, /Overall exposure level for happiness\.service: \d/);
  assert.equal(status, 0, output);
  // The measure does fail.
  assert.notEqual(analyze("security", "--offline=true", "--no-pager", "--threshold=1").status, 0);
});
