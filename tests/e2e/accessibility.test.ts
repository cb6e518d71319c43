// What axe-core finds on every view of the page, in both themes: WCAG 2.2 AA.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch } from "./browser";
import { recordLines } from "./clients";
import { openPage, PHONE, row, WALL } from "./page";
import { Service } from "./service";

interface Finding {
  readonly id: string;
  readonly nodes: { readonly html: string; readonly failureSummary: string }[];
}

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let service: Service;
let browser: Browser;
before(async () => {
  browser = await launch();
  service = await Service.start();
});
after(async () => {
  await browser?.close();
  await service.stop();
});

async function findings(page: Page): Promise<string[]> {
  // As DevTools would, past the page's policy.
  await page.evaluate(AXE);
  const found = await page.evaluate(
    (values) =>
      (window as unknown as { axe: { run: (options: object) => Promise<{ violations: Finding[] }> } }).axe
        .run({ runOnly: { type: "tag", values } })
        .then(({ violations }) => violations),
    RULES,
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}

const felt = ["Afghanistan", "Tokyo", "Room 12", "Uganda", ...Array.from({ length: 20 }, (_, i) => `Hall ${i}`)];

for (const colorScheme of ["light", "dark"] as const) {
  for (const [name, viewport] of Object.entries({ wall: WALL, phone: PHONE })) {
    test(`axe finds nothing: ${name}, ${colorScheme}`, async () => {
      const readings = felt.map((place, i) => ({ place, happiness: (i * 7) % 11 }));
      if (colorScheme === "light" && viewport === WALL) {
        const { page } = await openPage(browser, service.url, { viewport, colorScheme });
        assert.deepEqual(await findings(page), [], "an empty page");
        await page.context().close();
      }
      await recordLines(service, readings);
      for (const query of ["", "?place=Tokyo", "?kiosk=1", "?lang=de&range=1h"]) {
        const { page } = await openPage(browser, `${service.url}/${query}`, { viewport, colorScheme, reducedMotion: "reduce" });
        await page.waitForSelector(row("Afghanistan"));
        await page.waitForSelector(".banner:visible");
        await page.waitForSelector('.map-land[data-place="Uganda"]:visible');
        assert.deepEqual(await findings(page), [], query);
        await page.context().close();
      }
    });
  }
}
