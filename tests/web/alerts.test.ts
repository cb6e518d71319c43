import assert from "node:assert/strict";
import { test } from "node:test";
import { Alerts } from "../../web/src/alerts";
import type { PlaceRow } from "../../web/src/summary";

const row = (name: string, level: number, trend?: number, stale = false): PlaceRow =>
  ({ place: { name }, level, trend, stale, count: 4, recent: true, latestTime: 0 }) as unknown as PlaceRow;

const open = (alerts: Alerts): string[] => alerts.open().map(({ place }) => place);

test("a low place and one that fell are called out, the oldest first", () => {
  const alerts = new Alerts(3);
  alerts.update([row("Oslo", 5, -2.1), row("Lima", 3)], 1);
  alerts.update([row("Kabul", 2.9), row("Oslo", 5, -2.1)], 2);
  assert.deepEqual(open(alerts), ["Oslo", "Kabul"]);
  assert.deepEqual(alerts.open().map(({ drop }) => drop), [2.1, undefined]);
});

test("one that is taken is not called out again until it was well in between", () => {
  const alerts = new Alerts(3);
  alerts.update([row("Oslo", 1)], 1);
  alerts.take("Oslo");
  alerts.update([row("Oslo", 1)], 2);
  assert.deepEqual(open(alerts), []);
  assert.deepEqual(alerts.takenPlaces(), ["Oslo"]);

  alerts.update([row("Oslo", 6)], 3); // well
  alerts.update([row("Oslo", 6)], 4);
  assert.deepEqual(alerts.takenPlaces(), []);
  alerts.update([row("Oslo", 1)], 5);
  assert.deepEqual(open(alerts), ["Oslo"]);
});

test("what was taken when the page was here last stays taken", () => {
  const alerts = new Alerts(3, ["Oslo"]);
  alerts.update([row("Oslo", 1), row("Lima", 1)], 1);
  assert.deepEqual(open(alerts), ["Lima"]);
});

test("at the threshold it does not flicker", () => {
  const alerts = new Alerts(3);
  alerts.update([row("Oslo", 2.9)], 1);
  for (const now of [2, 3, 4]) alerts.update([row("Oslo", 3.2)], now);
  assert.deepEqual(open(alerts), ["Oslo"]);
  alerts.take("Oslo");
  for (const now of [5, 6]) alerts.update([row("Oslo", now === 5 ? 3.2 : 2.9)], now);
  assert.deepEqual(open(alerts), [], "it is taken still");
  alerts.update([row("Oslo", 3.6)], 7);
  assert.deepEqual(open(alerts), []);
});

test("nobody is sent to a place that has been silent for long, and a short silence changes nothing", () => {
  const alerts = new Alerts(3);
  alerts.update([row("Oslo", 1)], 1_000);
  alerts.update([row("Oslo", 1, undefined, true)], 179_000);
  assert.deepEqual(alerts.open().map(({ since }) => since), [1_000]);
  alerts.update([row("Oslo", 1, undefined, true)], 181_000);
  assert.deepEqual(open(alerts), []);
});

test("a place that is forgotten is not called out", () => {
  const alerts = new Alerts(3);
  alerts.update([row("Oslo", 1)], 1);
  alerts.update([], 2);
  assert.deepEqual(open(alerts), []);
});

test("a low place that fell long ago is just low", () => {
  const alerts = new Alerts(3);
  alerts.update([row("Oslo", 1, -3)], 0);
  assert.equal(alerts.open()[0]?.drop, 3);
  alerts.update([row("Oslo", 1, 0)], 601_000);
  assert.deepEqual(alerts.open().map(({ drop }) => drop), [undefined]);
});

test("of very many that are taken the oldest are forgotten", () => {
  const alerts = new Alerts(3);
  for (let i = 0; i < 150; i++) alerts.take(`Room ${i}`);
  assert.equal(alerts.takenPlaces().length, 100);
  assert.equal(alerts.takenPlaces()[0], "Room 50");
});

test("a place that fell and stays there is called out for ten minutes", () => {
  const alerts = new Alerts(3);
  alerts.update([row("Oslo", 5, -3)], 0);
  alerts.update([row("Oslo", 5, 0)], 599_000);
  assert.deepEqual(open(alerts), ["Oslo"]);
  alerts.update([row("Oslo", 5, 0)], 601_000);
  assert.deepEqual(open(alerts), []);
});

test("a hundred at a time", () => {
  const alerts = new Alerts(3);
  alerts.update(Array.from({ length: 150 }, (_, i) => row(`Room ${i}`, 0)), 1);
  assert.equal(open(alerts).length, 100);
});
