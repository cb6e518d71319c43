// The page, in a real browser before the real service.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch } from "./browser";
import { grpcCall, recordLines, webSocket } from "./clients";
import { CuttableProxy } from "./cuttable_proxy";
import { colouredPixels, FACES, live, openPage, row } from "./page";
import { Service } from "./service";
import { PATIENCE_MS } from "./waiting";

let service: Service;
let browser: Browser;
let page: Page;
let complaints: string[];

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

beforeEach(async () => {
  service = await Service.start();
  page = await open({ width: 1920, height: 1080 });
});
afterEach(async () => {
  await page.context().close();
  await service.stop();
});

/** Opens the page in a browser context of its own and waits until it is live. */
async function open(viewport: { width: number; height: number }, url = service.url): Promise<Page> {
  const opened = await openPage(browser, url, { viewport });
  complaints = opened.complaints;
  return opened.page;
}

/** The large figure comes to rest at `text`. */
const figure = (text: string, timeout = PATIENCE_MS): Promise<unknown> =>
  page.waitForFunction((t) => document.querySelector(".now-figure")?.textContent === t, text, { timeout });

const record = (place: string, happiness: number): Promise<string> =>
  grpcCall(service, "RecordReading", { reading: { place, happiness } });

test("a page without readings says so", async () => {
  await page.waitForSelector("text=No readings yet");
  assert.deepEqual(complaints, []);
});

test("a reading recorded by gRPC is shown within a second", async () => {
  await record("Reykjavík", 0);
  await page.waitForSelector(row("Reykjavík"), { timeout: 1_000 });
  await figure("0.0", 1_000);
  assert.equal(await page.textContent(`${row("Reykjavík")} .place-level`), "0.0");
  assert.deepEqual(complaints, []);
});

test("the unhappiest place comes first", async () => {
  await recordLines(service, [
    { place: "Kyiv", happiness: 4 },
    { place: "Helsinki", happiness: 7.7 },
    { place: "Beirut", happiness: 2.7 },
  ]);
  await page.waitForFunction(() => document.querySelectorAll(".place").length === 3);
  const names = await page.$$eval(".place-name", (elements) => elements.map((element) => element.textContent));
  assert.deepEqual(names, ["Beirut", "Kyiv", "Helsinki"]);
  await figure("4.8");
});

test("the chart draws the lines", async () => {
  const now = Date.now();
  const readings = Array.from({ length: 20 }, (_, i) => ({
    place: "Kampala",
    happiness: 3 + (i % 3),
    observeTime: new Date(now - (20 - i) * 5_000).toISOString(),
  }));
  assert.equal(await colouredPixels(page), 0);
  await recordLines(service, readings);
  await page.waitForSelector(row("Kampala"));
  await page.waitForFunction(() => document.querySelector(".place-spark path")?.getAttribute("d") !== "");
  let drawn = 0;
  const deadline = Date.now() + PATIENCE_MS;
  while (drawn < 200 && Date.now() < deadline) drawn = await colouredPixels(page);
  assert.ok(drawn >= 200, `${drawn} pixels`);
  assert.deepEqual(complaints, []);
});

test("the faces record, 0 to 10, and the reading appears as recorded", async () => {
  const stream = webSocket(service);
  try {
    await page.fill("#place", "Zürich");
    for (const happiness of [0, 10]) {
      await page.click(`${FACES}[aria-label="${happiness} of 10"]`);
      await page.waitForSelector(`text=Recorded: Zürich, ${happiness} of 10`);
    }
    const [zero, ten] = await stream.readings.first(2, "readings by WebSocket");
    assert.deepEqual([zero?.place, zero?.happiness, zero?.source], ["Zürich", 0, "web"]);
    assert.deepEqual([ten?.happiness, ten?.sequence], [10, "2"]);
    assert.match(zero?.readingId ?? "", /^[0-9a-f-]{36}$/);
    await page.waitForFunction(() => document.querySelector(".place-level")?.textContent === "5.0");
  } finally {
    stream.close();
  }
  assert.deepEqual(complaints, []);
});

test("a face without a place asks for it, by keyboard alone, and the place is remembered", async () => {
  await page.focus(`${FACES}[aria-label="6 of 10"]`);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Where are you?");
  await page.keyboard.type("Nairobi");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Recorded: Nairobi, 7 of 10");
  await page.waitForSelector(row("Nairobi"));
  await page.reload();
  await page.waitForSelector(row("Nairobi"));
  assert.equal(await page.inputValue("#place"), "Nairobi");
});

test("what the service refuses is said, and not sent again", async () => {
  await page.evaluate(() => document.querySelector("#place")?.removeAttribute("maxlength"));
  await page.fill("#place", "x".repeat(101));
  await page.click(`${FACES}[aria-label="3 of 10"]`);
  await page.waitForSelector("text=/Not recorded: .*place/");
  assert.ok(await page.isHidden(".feel-retry"));
});

test("the page survives a crash of the service, and what it could not record is recorded once", async () => {
  await record("Lagos", 3);
  await page.waitForSelector(row("Lagos"));
  const { ports } = service;
  await service.kill();
  await page.waitForSelector('#status[data-state="waiting"]');
  await page.fill("#place", "Quito");
  await page.click(`${FACES}[aria-label="8 of 10"]`);
  await page.waitForSelector("text=Not recorded");

  // The new log is empty, and shorter than what the page has seen.
  service = await Service.start(ports);
  await live(page);
  await page.waitForSelector("text=Recorded: Quito, 8 of 10");
  await page.waitForSelector(row("Quito"));
  await record("Accra", 6);
  await page.waitForSelector(row("Accra"));
  assert.ok(await page.isHidden(row("Lagos")), "nothing is shown of a log that is gone");

  const stream = webSocket(service);
  try {
    const readings = await stream.readings.first(2, "readings by WebSocket");
    assert.deepEqual(readings.map(({ place }) => place), ["Quito", "Accra"]);
  } finally {
    stream.close();
  }
  // A browser reports each refused connection; nothing else may be reported.
  assert.deepEqual(complaints.filter((text) => !/ERR_CONNECTION_REFUSED|WebSocket connection to/.test(text)), []);
});

test("after a planned restart the page shows all of the new log, though its numbers are not new", async () => {
  for (const place of ["Oslo", "Bergen"]) await record(place, 7);
  await page.waitForSelector(row("Bergen"));
  const { ports } = service;
  await service.stop();
  await page.waitForSelector('#status[data-state="waiting"]');
  service = await Service.start(ports);
  for (const place of ["Accra", "Quito", "Lima"]) await record(place, 5);
  for (const place of ["Accra", "Quito", "Lima"]) await page.waitForSelector(row(place));
});

test("a lost connection resumes without hole or double", async () => {
  const network = await CuttableProxy.to(service.ports.http);
  const tab = await open({ width: 1920, height: 1080 }, network.url);
  const some = (count: number): object[] => Array.from({ length: count }, () => ({ place: "Lima", happiness: 5 }));
  const counted = (count: number): Promise<unknown> =>
    tab.waitForFunction((n) => document.querySelector(".place-count")?.textContent === String(n), count);
  try {
    await recordLines(service, some(3));
    await counted(3);
    network.cut();
    await tab.waitForSelector('#status[data-state="waiting"]');
    await recordLines(service, some(50));
    network.mend();
    await live(tab);
    await recordLines(service, some(1));
    await counted(54);
  } finally {
    await tab.context().close();
    network.close();
  }
});

test("a thousand places: all counted, few in the document, the unhappiest on top", async () => {
  const readings = Array.from({ length: 1_000 }, (_, i) => ({ place: `Room ${i}`, happiness: i / 100 }));
  await recordLines(service, readings);
  await page.waitForSelector("#places >> text=1,000 places");
  assert.equal(await page.textContent(".place-name"), "Room 0");
  assert.ok((await page.$$(".place")).length < 60);
  await page.$eval(".places-scroller", (element) => element.scrollTo(0, element.scrollHeight));
  await page.waitForSelector(row("Room 999"));
  assert.deepEqual(complaints, []);
});

test("on a phone everything fits the width", async () => {
  const phone = await open({ width: 390, height: 844 });
  await record("Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", 5);
  await phone.waitForSelector(".place");
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.deepEqual(complaints, []);
  await phone.context().close();
});

test("the Content-Security-Policy keeps foreign scripts and styles out", async () => {
  const response = await page.request.get(service.url);
  const policy = response.headers()["content-security-policy"] ?? "";
  assert.match(policy, /default-src '(none|self)'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.doesNotMatch(policy, /unsafe/);
  const violated = await page.evaluate(async () => {
    const violation = new Promise<string>((resolve) =>
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective)),
    );
    const script = document.createElement("script");
    script.textContent = "document.title = 'taken over'";
    document.head.append(script);
    return violation;
  });
  assert.match(violated, /script-src/);
  assert.notEqual(await page.title(), "taken over");
});
