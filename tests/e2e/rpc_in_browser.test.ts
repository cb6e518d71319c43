// Clients of Connect and gRPC-Web that we did not write, in a page of another origin.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch } from "./browser";
import { recordOne, run } from "./clients";
import type { Read } from "./rpc_page";
import { Service } from "./service";
import { within } from "./waiting";

const CLIENTS = ["connect-web, Connect", "connect-web, Connect, binary, by GET", "connect-web, gRPC-Web", "grpc-web, text"];
const PLACES = ["Zürich", "São Paulo", "Oslo"];

let service: Service;
let site: Server;
let browser: Browser;
let page: Page;

/** A page with nothing but the clients. */
async function serveSite(): Promise<Server> {
  const esbuild = [require.resolve("esbuild/bin/esbuild"), "--bundle", "--format=iife", "--preserve-symlinks"];
  const script = await run(process.execPath, [...esbuild, "tests/e2e/rpc_page.ts"]);
  const files: Record<string, [type: string, body: string | Buffer]> = {
    "/": ["text/html", "<!doctype html><script src=/page.js></script>"],
    "/page.js": ["text/javascript", script],
    "/schema.binpb": ["application/octet-stream", readFileSync("proto/happiness_v1.binpb")],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url!] ?? ["text/plain", ""];
    response.writeHead(200, { "Content-Type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return server;
}

before(async () => {
  service = await Service.start();
  for (const place of PLACES) await recordOne(service, place, 5);
  site = await serveSite();
  browser = await launch();
  page = await browser.newPage();
  await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
});
after(async () => {
  await browser.close();
  site.close();
  await service.stop();
});

/** What a client of the page's reads. */
const read = (client: string, ...call: Parameters<Read>): ReturnType<Read> =>
  within(
    client,
    page.evaluate(
      async ([bridge, client, call]) => {
        const { makeReaders } = globalThis as unknown as {
          makeReaders(bridge: string): Promise<Record<string, Read>>;
        };
        return (await makeReaders(bridge))[client]!(...call);
      },
      [service.url, client, call] as const,
    ),
  );

for (const client of CLIENTS) {
  test(`${client}: streams, and leaves when it has enough`, async () => {
    const all = { places: PLACES };
    const { messages, end } = await read(client, "StreamReadings", all, { count: 1 });
    assert.equal(end, "Canceled");
    assert.equal((messages[0] as { place: string }).place, "Oslo");
    // Its call ends, though the feeds of pages would stay for five seconds more.
    const feeds = async (): Promise<string> => await (await fetch(`${service.url}/metrics`)).text();
    await within("the stream to end", (async () => {
      while (!/^bridge_feeds 0$/m.test(await feeds())) await setTimeout(50);
    })());
  });

  test(`${client}: reads an answer`, async () => {
    const { messages, end } = await read(client, "ListReadings", { pageSize: 2 }, { count: 2 });
    assert.equal(end, "");
    const [{ readings }] = messages as [{ readings: { place: string }[] }];
    assert.deepEqual(
      readings.map(({ place }) => place),
      ["Oslo", "São Paulo"],
    );
  });

  test(`${client}: hears of errors`, async () => {
    const list = await read(client, "ListReadings", { pageSize: -1 }, { count: 1 });
    assert.deepEqual(list, { messages: [], end: "InvalidArgument" });
    const stream = await read(client, "StreamReadings", { places: [""] }, { count: 1 });
    assert.deepEqual(stream, { messages: [], end: "InvalidArgument" });
    const write = await read(client, "RecordReading", { reading: { place: "Foe", happiness: 0 } }, { count: 1 });
    assert.deepEqual(write.messages, [], "a page of another origin records nothing");
  });

  test(`${client}: a stream ends at its deadline`, async () => {
    const { end } = await read(client, "StreamReadings", { places: ["Nowhere"] }, { count: 1, timeoutMs: 500 });
    assert.equal(end, "DeadlineExceeded");
  });
}
