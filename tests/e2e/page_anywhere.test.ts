// The page elsewhere than in front of somebody at its own address: on a wall, in
// another language, from a file, on another origin, hidden, on a bad network.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch } from "./browser";
import { ndjson, recordLines, recordOne } from "./clients";
import { live, openPage, PHONE, row } from "./page";
import { Service } from "./service";

const SITE = resolve("web/site");
const TYPES: Readonly<Record<string, string>> = { css: "text/css", html: "text/html", js: "text/javascript", svg: "image/svg+xml" };

let service: Service;
let browser: Browser;
let page: Page | undefined;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  service = await Service.start();
});
afterEach(async () => {
  await page?.context().close();
  await service.stop();
});

/** Serves the page alone, under the strictest policy that it can live with. */
function hostedElsewhere(): Promise<Server> {
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src ${service.url} ${service.url.replace("http", "ws")}`;
  const server = createServer((request, response) => {
    const file = request.url?.split("?")[0] === "/" ? "index.html" : (request.url ?? "").slice(1).split("?")[0]!;
    const type = TYPES[file.split(".").pop() ?? ""];
    if (!type) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": policy });
    return response.end(readFileSync(`${SITE}/${file}`));
  });
  return new Promise((ready) => server.listen(0, "localhost", () => ready(server)));
}

test("a page on another origin shows and records at the bridge that the link names", async () => {
  const server = await hostedElsewhere();
  try {
    await recordOne(service, "Uganda", 6);
    const url = `http://localhost:${(server.address() as AddressInfo).port}/?bridge=${service.url}`;
    const opened = await openPage(browser, url);
    page = opened.page;
    await page.waitForSelector(row("Uganda"));
    await page.waitForSelector('.map-land[data-place="Uganda"]');
    await page.waitForSelector("h2:has-text('World: mean')");
    await page.waitForFunction(() => document.querySelector(".chart-note")?.textContent === "");
    assert.deepEqual(opened.complaints, []);
  } finally {
    server.close();
  }
});

test("a page from a file shows the bridge that the link names", async () => {
  await recordOne(service, "Uganda", 6);
  const opened = await openPage(browser, `${pathToFileURL(`${SITE}/index.html`).href}?bridge=${service.url}`);
  page = opened.page;
  await page.waitForSelector(row("Uganda"));
  await page.waitForSelector('.map-land[data-place="Uganda"]');
  assert.deepEqual(opened.complaints, []);
});

test("where nobody answers the page says who should, and keeps trying", async () => {
  page = await (await browser.newContext()).newPage();
  await page.goto(`${pathToFileURL(`${SITE}/index.html`).href}?bridge=http://localhost:1`);
  await page.waitForSelector("text=Nobody answers");
  await page.waitForSelector("text=Is the service running at localhost:1?");
  await page.waitForSelector('#status[data-state="waiting"]');
});

test("a page from a file that names no bridge says how", async () => {
  page = await (await browser.newContext()).newPage();
  await page.goto(pathToFileURL(`${SITE}/index.html`).href);
  await page.waitForSelector("text=Add ?bridge=http://localhost:8080 to the address");
});

test("nothing is cut off on small screens", async () => {
  await recordLines(service, [{ place: "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", happiness: 1 }, { place: "Uganda", happiness: 5 }]);
  for (const [width, height] of [[320, 640], [768, 1024], [1180, 640], [1366, 768]] as const) {
    page = (await openPage(browser, `${service.url}/?lang=de&place=Uganda`, { viewport: { width, height } })).page;
    await page.waitForSelector(".banner:visible");
    await page.waitForSelector('.map-land[data-place="Uganda"]:visible');
    const at = `${width}x${height}`;
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, at);
    const [room, content] = await page.$eval("#now", (card) => [card.clientHeight, card.scrollHeight]);
    assert.ok(content! <= room!, `${at}: the figure needs ${content} of ${room}`);
    await page.context().close();
  }
  page = undefined;
});

test("a browser in which the script can't run is told what to do", async () => {
  page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(service.url);
  await page.waitForSelector("#unsupported:visible");
});

test("a hidden tab draws nothing, and has all when it is shown again", async () => {
  page = (await openPage(browser, service.url)).page;
  await recordOne(service, "Oslo", 5);
  await page.waitForSelector(row("Oslo"));
  // Headless Chromium hides no tab: the page is told so instead.
  const hide = (hidden: boolean): Promise<void> =>
    page!.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  const drawn = page.evaluate(
    () =>
      new Promise<number>((done) => {
        let changes = 0;
        const observer = new MutationObserver(() => changes++);
        observer.observe(document.querySelector("#places")!, { subtree: true, childList: true, characterData: true });
        // The page's own clock: so many of its ticks are more than it would draw in.
        let ticks = 0;
        const timer = setInterval(() => {
          if (++ticks < 12) return;
          clearInterval(timer);
          done(changes);
        }, 250);
      }),
  );
  await recordLines(service, Array.from({ length: 20 }, (_, i) => ({ place: `Room ${i}`, happiness: 5 })));
  assert.equal(await drawn, 0);
  await hide(false);
  await page.waitForSelector("#places >> text=21 places");
});

test("reloads and crashes leave no hole: what the page got is the log", async () => {
  const { mkdtempSync } = await import("node:fs");
  const dir = mkdtempSync(`${process.env.TEST_TMPDIR ?? "/tmp"}/wall-`);
  await service.stop();
  service = await Service.start({ grpc: 0, http: 0 }, [`--data_dir=${dir}`]);
  const { ports } = service;
  const opened = await openPage(browser, service.url);
  page = opened.page;
  let recorded = 0;
  const some = async (count: number): Promise<void> => {
    await recordLines(service, Array.from({ length: count }, () => ({ place: "Lima", happiness: 5 })));
    recorded += count;
  };
  await some(10);
  for (let round = 0; round < 2; round++) {
    await service.kill();
    await page.waitForSelector('#status[data-state="waiting"]');
    service = await Service.start(ports, [`--data_dir=${dir}`]);
    await some(15);
    await live(page);
    await some(5);
  }
  await page.waitForFunction((n) => document.querySelector(".place-count")?.textContent === String(n), recorded);

  // An attempt that came too early got an error instead.
  const frames = opened.sockets.flat().map((frame) => JSON.parse(frame) as { message?: { sequence?: string } });
  const sequences = new Set(frames.flatMap(({ message }) => (message?.sequence ? [Number(message.sequence)] : [])));
  const log = await ndjson(service).readings.first(recorded, "readings of the log");
  assert.deepEqual([...sequences], log.map(({ sequence }) => Number(sequence)));

  await page.reload();
  await page.waitForFunction((n) => document.querySelector(".place-count")?.textContent === String(n), recorded);
});

test("a kiosk has nothing to touch", async () => {
  await recordOne(service, "Uganda", 2);
  page = (await openPage(browser, `${service.url}/?kiosk=1&theme=light`, { colorScheme: "dark" })).page;
  await page.waitForSelector(".banner:visible");
  for (const control of [".range", ".feel-face", "#search", ".banner-take"]) {
    assert.equal(await page.locator(`${control}:visible`).count(), 0, control);
  }
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(246, 244, 239)");
});

test("the page speaks its reader's language, or the link's", async () => {
  page = (await openPage(browser, service.url, { locale: "de-DE" })).page;
  await page.waitForSelector("text=Wie geht es dir?");
  assert.equal(await page.getAttribute("html", "lang"), "de");
  await page.goto(`${service.url}/?lang=en`);
  await page.waitForSelector("text=How do you feel?");
  // However its readings are written.
  await recordOne(service, "Köln", 6.5);
  await page.goto(service.url);
  await page.waitForSelector(`${row("Köln")} >> text=6,5`);
});

test("it is light, and paints before it has everything", async () => {
  const zipped = (file: string): number => gzipSync(readFileSync(`${SITE}/${file}`)).length;
  assert.ok(zipped("app.js") <= 60 * 1024, `app.js: ${zipped("app.js")} bytes`);
  assert.ok(zipped("app.js") + zipped("map.js") <= 120 * 1024, `with map.js: ${zipped("map.js")} more`);
  const opened = await openPage(browser, service.url, { viewport: PHONE, isMobile: true, hasTouch: true });
  page = opened.page;
  assert.equal(opened.sockets.length, 1);
  const requests = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).origin));
  assert.deepEqual([...new Set(requests)], [service.url]);
});
