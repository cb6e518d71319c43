// Wires the stream to the state, and the state to the views.

import { sendDraft, streamUrl } from "./api";
import { Connection, type Status } from "./connection";
import { startOf } from "./lines";
import { parseFrame, type Reading } from "./reading";
import { Schedule } from "./schedule";
import { addReading, emptyState, forgetOld, forgetPosition } from "./state";
import { levelOf, placeRows } from "./summary";
import { Announcer } from "./views/announcer";
import { ChartView } from "./views/chart";
import { FeelView } from "./views/feel";
import { showLegend } from "./views/legend";
import { NowView } from "./views/now";
import { PlacesView } from "./views/places";
import { StatusView } from "./views/status";

/** The figure and the list are drawn at most this often, the chart, where a
 * second is a pixel, less. */
const DRAW_INTERVAL_MS = 250;
const CHART_INTERVAL_MS = 900;

/** So long after the stream was lost the page stops looking live. */
const TRUST_MS = 10_000;

/** A clock that jumps this far between two ticks has been asleep: browsers slow
 * a hidden tab down to one tick a minute, not more. */
const SLEEP_MS = 90_000;

/** The log was cut or replaced, and can't resume where we were. */
const OUT_OF_RANGE = "OUT_OF_RANGE";
const CLOSE_OUT_OF_RANGE = 4_011;

const state = emptyState();
const views = {
  status: new StatusView(),
  now: new NowView(),
  feel: new FeelView(sendDraft),
  chart: new ChartView(),
  places: new PlacesView(),
  announcer: new Announcer(),
};
let status: Status = { kind: "connecting" };
let failures = 0;
let lastLive = Date.now();

const drawing = new Schedule(DRAW_INTERVAL_MS, () => {
  const now = Date.now();
  const level = levelOf(state, now);
  const rows = placeRows(state, now);
  const trusted = status.kind === "live" || now - lastLive < TRUST_MS;
  views.status.show(status, state.latestTime, now);
  views.now.show(level, status, failures, trusted, now);
  views.places.show(rows, startOf(state.world.start, now), now);
  document.body.classList.toggle("is-lost", !trusted);
  views.announcer.hear(level, rows);
});
const charting = new Schedule(CHART_INTERVAL_MS, () => {
  const now = Date.now();
  views.chart.show(placeRows(state, now), startOf(state.world.start, now), now);
});

const connection = new Connection({
  url: () => streamUrl(document.baseURI, state.lastSequence),
  onFrame: (data) => {
    const frame = parseFrame(data);
    if (frame?.kind === "error" && frame.error.status === OUT_OF_RANGE) forgetPosition(state);
    if (frame?.kind === "reading") take(frame.reading);
  },
  onEnd: (code) => {
    failures++;
    if (code === CLOSE_OUT_OF_RANGE) forgetPosition(state);
  },
  onStatus: (next) => {
    if (status.kind === "live") lastLive = Date.now();
    status = next;
    if (status.kind === "live") {
      failures = 0;
      views.feel.resend();
    }
    drawing.request();
  },
});

function take(reading: Reading): void {
  switch (addReading(state, reading, Date.now())) {
    case "new":
      drawing.request();
      charting.request();
      break;
    case "replaced":
      forgetPosition(state);
      connection.reconnect();
  }
}

/** Every second ages move on, and windows with them; in a hidden tab, too, what
 * is old is forgotten. */
function tick(before: number): void {
  const now = Date.now();
  forgetOld(state, now);
  if (now - before > SLEEP_MS) connection.reconnect();
  drawing.request();
  charting.request();
  setTimeout(tick, 1_000, now);
}

showLegend();
views.places.onHover((place) => views.chart.focus(place));
addEventListener("online", () => connection.reconnect());
connection.reconnect();
tick(Date.now());
