import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const PACKAGE = "web/client/package";
const manifest = JSON.parse(readFileSync(`${PACKAGE}/package.json`, "utf8")) as {
  readonly exports: { readonly ".": { readonly default: string; readonly types: string } };
};

test("the module, minified, takes 5 KB gzipped at most", () => {
  const { length } = gzipSync(readFileSync(resolve(PACKAGE, manifest.exports["."].default)));
  assert.ok(length <= 5_120, `${length} bytes`);
});

test("the package has what its manifest says, and needs no other", async () => {
  assert.ok(!("dependencies" in manifest));
  const types = readFileSync(resolve(PACKAGE, manifest.exports["."].types), "utf8");
  for (const name of ["connect", "BridgeError", "backoff"]) assert.match(types, new RegExp(`\\b${name}\\b`));
  // Not bundled: node itself loads it, as a module.
  const load = new Function("url", "return import(url)") as (url: string) => Promise<Record<string, unknown>>;
  const module = await load(pathToFileURL(resolve(PACKAGE, manifest.exports["."].default)).href);
  assert.deepEqual(Object.keys(module).sort(), ["BridgeError", "backoff", "connect"]);
});
