// The dashboard in a browser.

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { PATIENCE_MS } from "./waiting";

export const FACES = ".feel-face";

export const WALL = { width: 1920, height: 1080 };
export const PHONE = { width: 390, height: 844 };

export const row = (place: string): string => `.place[data-place="${place}"]`;

export const live = (page: Page): Promise<unknown> => page.waitForSelector('#status[data-state="live"]');

export interface Opened {
  readonly page: Page;
  /** Errors and warnings in the browser's console. */
  readonly complaints: string[];
  /** What came over its WebSockets, in the order of their opening. */
  readonly sockets: string[][];
}

/** Opens the page in a browser context of its own and waits until it is live. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: WALL, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  const sockets: string[][] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("websocket", (socket) => {
    const frames: string[] = [];
    sockets.push(frames);
    socket.on("framereceived", ({ payload }) => frames.push(payload.toString()));
  });
  await page.goto(url);
  await live(page);
  return { page, complaints, sockets };
}

/** How many pixels of the chart's canvas have a colour, and no grey. */
export const colouredPixels = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>("#chart canvas")!;
    // A copy of its own: Chromium warns of a canvas that is drawn and read in turns.
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) {
      const rgb = [data[i]!, data[i + 1]!, data[i + 2]!];
      if (data[i + 3]! > 128 && Math.max(...rgb) - Math.min(...rgb) > 80) coloured++;
    }
    return coloured;
  });
