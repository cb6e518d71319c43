// The contract of the old front end: it opens ws://host/happiness, from wherever
// it lies, and reads `.happiness` of each frame.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { launch } from "./browser";
import { recordOne } from "./clients";
import { Service } from "./service";
import { PATIENCE_MS } from "./waiting";

let service: Service;
let browser: Browser;
before(async () => {
  service = await Service.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const page = (): string => `<!doctype html><title>old</title><script>
  window.frames_ = [];
  const socket = new WebSocket("ws://localhost:${service.ports.http}/happiness");
  socket.onopen = () => (window.open_ = true);
  socket.onmessage = (event) => window.frames_.push([typeof event.data, JSON.parse(event.data).happiness]);
</script>`;

/** Opens the old page at `url` and records three readings. */
async function expectFrames(url: string): Promise<void> {
  const tab = await browser.newPage();
  try {
    await tab.goto(url);
    // A viewer without a backlog starts with the newest frame or with the next
    // one; recording until one arrives makes sure that the stream is there.
    await tab.waitForFunction("window.open_", undefined, { timeout: PATIENCE_MS });
    do await recordOne(service, "Kampala", 5);
    while (!(await arrived(tab)));
    const before = await tab.evaluate<number>("window.frames_.length");
    for (const happiness of [7.1, 0, 10]) await recordOne(service, "Kampala", happiness);
    await tab.waitForFunction("window.frames_.slice(-1)[0][1] === 10", undefined, { timeout: PATIENCE_MS });
    const frames = await tab.evaluate<[string, unknown][]>("window.frames_");
    assert.ok(frames.length >= before + 3);
    assert.deepEqual(frames.slice(-3), [["string", 7.1], ["string", 0], ["string", 10]]);
    for (const [, happiness] of frames) {
      assert.ok(typeof happiness === "number" && happiness >= 0 && happiness <= 10, String(happiness));
    }
  } finally {
    await tab.close();
  }
}

async function arrived(tab: Awaited<ReturnType<Browser["newPage"]>>): Promise<boolean> {
  const wait = tab.waitForFunction("window.frames_.length > 0", undefined, { timeout: 1_000 });
  return wait.then(() => true).catch(() => false);
}

test("a page from another origin reads .happiness, 0 included", async () => {
  const server: Server = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(page());
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  try {
    await expectFrames(`http://localhost:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("a page from a file reads .happiness, 0 included", async () => {
  const file = join(process.env.TEST_TMPDIR ?? "/tmp", "old.html");
  writeFileSync(file, page());
  await expectFrames(pathToFileURL(file).href);
});
