// Wires the streams to the state, and the state to the views.

import { connect } from "../client/src";
import { Alerts } from "./alerts";
import { Api, READINGS } from "./api";
import { CurveLoader } from "./curve_loader";
import { Follower, type Status } from "./follow";
import type { Subject } from "./history";
import { recall, remember } from "./memory";
import { RANGES, startOf, type RangeId } from "./range";
import { readingFromJson, type Reading } from "./reading";
import { Schedule } from "./schedule";
import { MEMORY_MS } from "./series";
import { parseSettings, withChoices } from "./settings";
import { addReading, emptyState, forgetAll, forgetOld } from "./state";
import { strings } from "./strings";
import { levelOf, placeRows, type Level } from "./summary";
import { toldFromJson, type Told } from "./told";
import { Announcer } from "./views/announcer";
import { BannerView } from "./views/banner";
import { ChartView } from "./views/chart";
import { byId } from "./views/dom";
import { FeelView } from "./views/feel";
import { beKiosk } from "./views/kiosk";
import { MapView } from "./views/map";
import { NowView } from "./views/now";
import { PlacesView } from "./views/places";
import { RangesView } from "./views/ranges";
import { ReadingsView } from "./views/readings";
import { StatusView } from "./views/status";
import { setTheme } from "./views/theme";

/** What shows a reading is drawn at most this often; the chart and the map, where
 * little moves in a second, less. */
const DRAW_INTERVAL_MS = 250;
const CHART_INTERVAL_MS = 1_300;

/** In a flood of more readings a second than this, so is the list: its rows glide,
 * and would do so all the time. */
const FLOOD = 10;

/** So long after the stream was lost the page stops looking live. */
const TRUST_MS = 10_000;

/** A clock that jumps this far between two ticks has been asleep: browsers slow
 * a hidden tab down to one tick a minute, not more. */
const SLEEP_MS = 90_000;

const TAKEN_KEY = "happiness.taken";

const settings = parseSettings(location.search);
const base = settings.bridge ?? document.baseURI;
const bridge = connect(base);
const api = new Api(bridge);
const state = emptyState();
const alerts = new Alerts(settings.alertBelow, rememberedTaken());

let range: RangeId = settings.range;
let open = settings.place;
/** What the reader dragged over, in milliseconds. */
let zoom: { readonly from: number; readonly to: number } | undefined;
let status: Status = { kind: "connecting" };
let failures = 0;
let lastLive = Date.now();
/** The next stream of readings begins anew, so everything does: the log may be another one. */
let isAnew = false;
let told: Told | undefined;
/** Readings of the open place that are not drawn yet. */
let fresh: Reading[] = [];

byId("unsupported").remove();
document.documentElement.lang = strings.language;
if (settings.theme) setTheme(settings.theme);
if (settings.kiosk) beKiosk();

const views = {
  status: new StatusView(),
  ranges: new RangesView(chooseRange),
  banner: new BannerView(takeOn, settings.kiosk),
  now: new NowView(nameOf(settings.places), new URL(base).host),
  feel: new FeelView((draft) => api.record(draft)),
  map: new MapView(choosePlace),
  chart: new ChartView({
    onZoom: (from, to) => look(() => (zoom = { from, to })),
    onZoomOut: () => zoom && look(() => (zoom = undefined)),
    onBack: () => choosePlace(undefined),
  }),
  readings: new ReadingsView(),
  places: new PlacesView(choosePlace),
  announcer: new Announcer(),
};

const drawing = new Schedule(() => DRAW_INTERVAL_MS, () => {
  const now = Date.now();
  views.status.show(status, state.latestTime, now);
  views.now.show(level(now), status, failures, isTrusted(now), now);
  document.body.classList.toggle("is-lost", !isTrusted(now));
});
const isFlood = (): boolean => state.world.mean(Date.now() - 2_000, Infinity).count > 2 * FLOOD;
const listing = new Schedule(() => (isFlood() ? CHART_INTERVAL_MS : DRAW_INTERVAL_MS), () => {
  const now = Date.now();
  const rows = placeRows(state, now);
  if (isTrusted(now)) alerts.update(rows, now);
  rememberTaken();
  views.banner.show(isTrusted(now) ? alerts.open() : [], views.places.scroller, now);
  views.places.show(rows, open, startOf(state.world.start, MEMORY_MS, now), now);
  views.announcer.hear(level(now), rows);
});
const charting = new Schedule(() => CHART_INTERVAL_MS, () => {
  const now = Date.now();
  const { span } = RANGES[range];
  curves.trim(now);
  const { curve, failed } = curves;
  const content = { what: subjectName(), curve, failed, from: zoom?.from, to: zoom?.to ?? now, span };
  views.chart.show(content, open !== undefined);
  views.map.show(placeRows(state, now), open);
  if (fresh.length > 0) views.readings.add(fresh, now);
  else views.readings.tell(now);
  fresh = [];
});

/** Everything, as soon as it may be. */
function draw(): void {
  for (const schedule of [drawing, listing, charting]) schedule.request();
}

const level = (now: number): Level | undefined => levelOf(state, now, told);

const isTrusted = (now: number): boolean => status.kind === "live" || now - lastLive < TRUST_MS;

const curves = new CurveLoader((place, subject) => api.history(place, subject), () => charting.request());

const readings = new Follower({
  open: (onState) => api.readings(settings.places, onState),
  take: (json) => {
    const reading = readingFromJson(json);
    if (!reading) return;
    addReading(state, reading, Date.now());
    curves.take(reading);
    draw();
  },
  onEnd: () => (isAnew = true),
  onStatus: (next) => {
    if (status.kind === "live") lastLive = Date.now();
    status = next;
    if (status.kind === "waiting") failures++;
    if (status.kind === "live") {
      failures = 0;
      views.feel.resend();
      // The stream stands: from here on it has what a history has not.
      if (isAnew) beginAnew();
    }
    drawing.request();
  },
});

/** The world's: of a page about some places there is none. */
const summaries = new Follower({
  open: (onState) => api.summaries(onState),
  take: (json) => {
    told = toldFromJson(json, Date.now());
    drawing.request();
  },
  onEnd: () => undefined,
  onStatus: () => undefined,
});

/** The readings of the place that is open. */
const placeReadings = new Follower({
  open: (onState) => api.placeReadings(open!, onState),
  take: (json) => {
    const reading = readingFromJson(json);
    if (reading) fresh = [...fresh.slice(1 - READINGS), reading];
    charting.request();
  },
  onEnd: () => undefined,
  onStatus: ({ kind }) => {
    if (kind === "live") views.readings.add([], Date.now());
    if (kind === "waiting") views.readings.fail();
  },
});

function beginAnew(): void {
  isAnew = false;
  forgetAll(state);
  curves.reload();
  showReadings();
  draw();
}

function chooseRange(chosen: RangeId): void {
  look(() => {
    range = chosen;
    zoom = undefined;
  });
}

/** Opens a place, or closes the one that is open. */
function choosePlace(place: string | undefined): void {
  const chosen = place === open ? undefined : place;
  history.pushState(null, "", location.href);
  look(() => (open = chosen));
  showReadings();
  // On a phone the chart is elsewhere.
  if (chosen !== undefined) byId("chart").scrollIntoView({ block: "nearest" });
}

/** What the reader looks at changes. */
function look(change: () => void): void {
  change();
  history.replaceState(null, "", location.pathname + withChoices(location.search, range, open));
  views.ranges.show(zoom ? undefined : range);
  curves.show(subject());
  draw();
}

function subject(): Subject {
  const places = open !== undefined ? [open] : settings.places;
  const { span, step } = RANGES[range];
  if (zoom) return { places, ...zoom, span: zoom.to - zoom.from, step: undefined };
  return { places, from: Date.now() - span, to: undefined, span, step };
}

const subjectName = (): string => nameOf(open !== undefined ? [open] : settings.places);

function nameOf(places: readonly string[]): string {
  const [place, another] = places;
  if (place === undefined) return strings.chart.world;
  return another === undefined ? place : strings.chart.some(places.length);
}

function showReadings(): void {
  fresh = [];
  views.readings.clear(open !== undefined);
  if (open === undefined) placeReadings.stop();
  else placeReadings.start();
}

function takeOn(place: string): void {
  alerts.take(place);
  listing.request();
}

function rememberedTaken(): string[] {
  const taken = recall<unknown>(TAKEN_KEY, []);
  return Array.isArray(taken) ? taken.map(String) : [];
}

/** Whoever is taken, and whoever is well again. */
function rememberTaken(): void {
  const taken = alerts.takenPlaces();
  if (taken.join("\n") !== rememberedTaken().join("\n")) remember(TAKEN_KEY, taken);
}

/** Every second ages move on, and windows with them; in a hidden tab, too, what
 * is old is forgotten. */
function tick(before: number): void {
  const now = Date.now();
  forgetOld(state, now);
  if (now - before > SLEEP_MS) {
    // What the page forgets anyway need not be sent again.
    if (now - before > MEMORY_MS) {
      isAnew = true;
      readings.start();
    }
    bridge.reconnect();
  }
  draw();
  setTimeout(tick, 1_000, now);
}

addEventListener("popstate", () => {
  const then = parseSettings(location.search);
  look(() => {
    range = then.range;
    open = then.place;
    zoom = undefined;
  });
  showReadings();
});
readings.start();
if (settings.places.length === 0) summaries.start();
look(() => undefined);
showReadings();
tick(Date.now());
views.map.load();
