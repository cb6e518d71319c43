// The page's chart, map, places and calls for help, before the real service.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch } from "./browser";
import { recordLines, recordOne } from "./clients";
import { colouredPixels, live, openPage, PHONE, row, type Opened } from "./page";
import { Service } from "./service";
import { PATIENCE_MS } from "./waiting";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let service: Service;
let browser: Browser;
let opened: Opened;
let page: Page;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  service = await Service.start();
});
afterEach(async () => {
  await page.context().close();
  await service.stop();
});

async function open(query = ""): Promise<void> {
  opened = await openPage(browser, `${service.url}/${query}`);
  page = opened.page;
}

const felt = (place: string, happiness: number, ago: number): object => ({
  place,
  happiness,
  observeTime: new Date(Date.now() - ago).toISOString(),
});

/** Where the chart is: it makes room for the map when that comes. */
const chart = async (): Promise<{ x: number; y: number; width: number; height: number }> =>
  (await page.locator("#chart .u-over").boundingBox()) ?? assert.fail("no chart");

/** Points at each part of the chart until it reads a value that `matches`. */
async function reads(matches: RegExp): Promise<string> {
  const deadline = Date.now() + PATIENCE_MS;
  const seen = new Set<string>();
  while (Date.now() < deadline) {
    const box = await chart();
    for (let share = 0.01; share < 1; share += 0.03) {
      await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
      const text = (await page.textContent(".chart-readout")) ?? "";
      if (matches.test(text)) return text;
      seen.add(text);
    }
  }
  return assert.fail(`the chart never read ${matches}, but ${[...seen].join(" | ")}`);
}

const chartIsFilled = async (): Promise<void> => {
  let pixels = 0;
  const deadline = Date.now() + PATIENCE_MS;
  while (pixels < 200 && Date.now() < deadline) pixels = await colouredPixels(page);
  assert.ok(pixels >= 200, `${pixels} coloured pixels`);
};

test("the past is there when the page opens, and the present goes on in the same line", async () => {
  const past = Array.from({ length: 40 }, (_, i) => felt("Kampala", 4, 14 * MINUTE - i * 15_000));
  await recordLines(service, past);
  await open();
  await reads(/^4\.0 \(4\.0 to 4\.0\)/);
  await recordOne(service, "Kampala", 9);
  await reads(/to 9\.0\)/);
  await chartIsFilled();
  assert.deepEqual(opened.complaints, []);
});

test("each range shows what was in it, and is kept by the link", async () => {
  await recordLines(service, [
    felt("Lima", 1, 100 * DAY),
    felt("Lima", 2, 3 * DAY),
    felt("Lima", 3, 5 * HOUR),
    felt("Lima", 4, 40 * MINUTE),
    felt("Lima", 5, 5 * MINUTE),
  ]);
  await open("?range=1y");
  const ranges: [string, RegExp][] = [
    ["1 year", /^1\.0/],
    ["7 days", /^2\.0/],
    ["24 hours", /^3\.0/],
    ["1 hour", /^4\.0/],
    ["15 min", /^5\.0/],
  ];
  for (const [name, level] of ranges) {
    await page.click(`.range:text-is("${name}")`);
    await reads(level);
    assert.equal(await page.getAttribute(`.range:text-is("${name}")`, "aria-pressed"), "true");
  }
  await page.click('.range:text-is("7 days")');
  assert.match(page.url(), /\?range=7d$/);
  await page.reload();
  await reads(/^2\.0/);
});

test("a drag zooms in, a double click leads back, arrow keys read values", async () => {
  await recordLines(service, Array.from({ length: 50 }, (_, i) => felt("Room 3", i < 25 ? 2 : 8, 14 * MINUTE - i * 15_000)));
  await open("?range=1h");
  await reads(/^2\.0/);
  const box = await chart();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await page.waitForSelector(".chart-button:text-is('Zoom out'):visible");
  assert.equal(await page.locator('.range[aria-pressed="true"]').count(), 0);
  await page.mouse.dblclick(box.x + box.width / 2, box.y + 20);
  await page.waitForSelector(".chart-button:text-is('Zoom out')", { state: "hidden" });

  // The same without a mouse.
  await page.mouse.move(1, 1);
  await page.focus(".chart-box");
  await page.keyboard.press("+");
  await page.waitForSelector(".chart-button:text-is('Zoom out'):visible");
  await page.click(".chart-button:text-is('Zoom out')");
  await page.waitForSelector(".chart-button:text-is('Zoom out')", { state: "hidden" });
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("chart-box")), "the focus is lost");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => /^8\.0/.test(document.querySelector(".chart-readout")?.textContent ?? ""));
});

test("a place opens with its own chart and readings, which go on, and the link keeps it", async () => {
  await recordLines(service, [felt("Accra", 3, 5 * MINUTE), felt("Quito", 9, 4 * MINUTE), felt("Accra", 4, MINUTE)]);
  await open();
  await page.click(row("Accra"));
  await page.waitForSelector("h2:has-text('Accra: mean')");
  await page.waitForFunction(() => document.querySelectorAll(".reading").length === 2);
  assert.match(page.url(), /\?place=Accra$/);
  await recordOne(service, "Accra", 7);
  await page.waitForFunction(() => document.querySelector(".reading-level")?.textContent === "7.0");
  await recordOne(service, "Quito", 1);
  await page.waitForFunction(() => document.querySelector(".place")?.getAttribute("data-place") === "Quito");
  assert.equal(await page.locator(".reading").count(), 3);
  await page.goBack();
  await page.waitForSelector("h2:has-text('World: mean')");
  await page.goForward();
  await page.waitForSelector("h2:has-text('Accra: mean')");
  await reads(/^7\.0/);

  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll(".reading").length === 3);
  await page.click("text=Back to all");
  await page.waitForSelector("h2:has-text('World: mean')");
  assert.ok(await page.isHidden("#readings"));
  assert.deepEqual(opened.complaints, []);
});

test("on a phone, too, a place that is tapped is seen", async () => {
  await recordLines(service, Array.from({ length: 30 }, (_, i) => felt(`Room ${i}`, i / 3, 1_000)));
  opened = await openPage(browser, `${service.url}/`, { viewport: PHONE, hasTouch: true });
  page = opened.page;
  await page.tap(row("Room 20"));
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector("#chart h2")!.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
  await page.waitForSelector("h2:has-text('Room 20: mean')");
});

test("a link may be about some places alone", async () => {
  await recordLines(service, [felt("Room 1", 2, 1_000), felt("Room 2", 4, 1_000), felt("Hall", 9, 1_000)]);
  await open("?places=Room 1&places=Room 2");
  await page.waitForFunction(() => document.querySelector(".now-figure")?.textContent === "3.0");
  await page.waitForFunction(() => document.querySelectorAll(".place").length === 2);
  await page.waitForSelector("h2:has-text('2 places: mean')");
  await reads(/^3\.0 \(2\.0 to 4\.0\)/);
});

test("countries and cities are on the map, and a room is not", async () => {
  await recordLines(service, [felt("Room 7", 5, 1_000)]);
  await open();
  await page.waitForSelector(row("Room 7"));
  await page.waitForSelector(".map-svg", { state: "attached" });
  assert.ok(await page.isHidden("#map"), "a map of nothing");
  await recordLines(service, [felt("Uganda", 7, 1_000), felt("Türkiye", 4, 1_000), felt("Tokyo", 6, 1_000)]);
  await page.waitForSelector('.map-land[data-place="Uganda"]:visible');
  await page.waitForSelector('.map-land[data-place="Türkiye"]');
  await page.waitForSelector('.map-dot[data-place="Tokyo"]');
  assert.equal(await page.locator(".map-svg [data-place]").count(), 3);
  await page.hover('.map-dot[data-place="Tokyo"]');
  await page.waitForSelector(".map-tip:has-text('Tokyo 6.0')");
  await page.click('.map-dot[data-place="Tokyo"]');
  await page.waitForSelector("h2:has-text('Tokyo: mean')");
  assert.deepEqual(opened.complaints, []);
});

test("the map has room for four hundred cities", async () => {
  const cities = JSON.parse(readFileSync("web/src/map/cities.json", "utf8")) as [string, number, number][];
  await recordLines(service, cities.slice(0, 500).map(([city], i) => felt(city, 4 + i / 100, 1_000)));
  await open();
  await page.waitForSelector("#places >> text=500 places");
  await page.waitForSelector(".map-dot");
  assert.equal(await page.locator(".map-dot").count(), 400);
  await page.waitForSelector(`.map-dot[data-place="${cities[0]![0]}"]`);
});

test("who is unhappy is called out, the longest waiting first, until somebody is on the way", async () => {
  await open();
  await recordOne(service, "Oslo", 5);
  await page.waitForSelector(row("Oslo"));
  assert.ok(await page.isHidden("#banner"));
  await recordOne(service, "Beirut", 2.5);
  await page.waitForSelector(".banner:visible >> text=Beirut is at 2.5");
  await recordOne(service, "Kabul", 1);
  await page.waitForSelector(".banner >> text=and 1 more");
  await page.click("text=On my way");
  await page.waitForSelector(".banner >> text=Kabul is at 1.0");
  await page.reload();
  await live(page);
  await page.waitForSelector(".banner >> text=Kabul is at 1.0");
  await page.click("text=On my way");
  await page.waitForSelector("#banner", { state: "hidden" });
});

test("of a thousand places the one that is looked for is found", async () => {
  await recordLines(service, Array.from({ length: 1_000 }, (_, i) => ({ place: `Café ${i}`, happiness: i / 100 })));
  await open();
  await page.waitForSelector("#places >> text=1,000 places");
  await page.fill("#search", "cafe 77");
  await page.waitForSelector("text=11 of 1,000");
  await page.waitForSelector(row("Café 778"));
  assert.equal(await page.locator(".place").count(), 11);
  await page.fill("#search", "nowhere");
  await page.waitForSelector("text=No place matches.");
  await page.fill("#search", "");
  await page.waitForSelector("#places >> text=1,000 places");
});
