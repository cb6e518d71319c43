import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_ALERT_BELOW, parseSettings, withChoices } from "../../web/src/settings";

test("a link without settings means a live page about the world", () => {
  assert.deepEqual(parseSettings(""), {
    range: "15m",
    places: [],
    place: undefined,
    theme: undefined,
    language: undefined,
    kiosk: false,
    bridge: undefined,
    alertBelow: DEFAULT_ALERT_BELOW,
  });
});

test("a link keeps every setting", () => {
  const link = "?range=7d&places=Oslo&places=Lima&places=Oslo&place=Lima&theme=dark&lang=de&kiosk=1&bridge=https://b.example/x&alert_below=0";
  assert.deepEqual(parseSettings(link), {
    range: "7d",
    places: ["Oslo", "Lima"],
    place: "Lima",
    theme: "dark",
    language: "de",
    kiosk: true,
    bridge: "https://b.example/x/",
    alertBelow: 0,
  });
});

test("what makes no sense is left out", () => {
  for (const link of ["?range=2h", "?range=toString", "?theme=pink", "?kiosk=yes", "?bridge=x", "?bridge=javascript:1", "?alert_below=11", "?places="]) {
    assert.deepEqual(parseSettings(link), parseSettings(""), link);
  }
});

test("a link is about a hundred places at most, as a stream is", () => {
  const names = Array.from({ length: 101 }, (_, i) => `Room ${i}`);
  const { places } = parseSettings(`?${names.map((name) => `places=${name}`).join("&")}`);
  assert.deepEqual(places, names.slice(0, 100));
});

test("what the reader chooses goes into the link, and the rest of it stays", () => {
  assert.equal(withChoices("?kiosk=1", "1h", "São Paulo"), "?kiosk=1&range=1h&place=S%C3%A3o+Paulo");
  assert.equal(withChoices("?range=1h&place=Oslo", "15m", undefined), "");
});
