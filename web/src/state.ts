// Everything the page knows of the readings. Deterministic functions over one
// State: they know no DOM, no socket and no clock. They change the State in
// place, because a stream of thousands a second must not copy it each time.

import type { Reading } from "./reading";
import { MEMORY_MS, Series, WINDOW_MS } from "./series";

/** The first value that is drawn needs a window before it. */
const KEPT_MS = MEMORY_MS + WINDOW_MS;

/** More places than this are not remembered: the longest unheard goes first. */
export const MAX_PLACES = 2_000;

export interface Place {
  readonly name: string;
  readonly series: Series;
  /** The latest reading, by when it was felt. */
  latest: Reading;
}

export interface State {
  readonly world: Series;
  readonly places: Map<string, Place>;
  /** When the latest reading was felt; 0 if there is none. */
  latestTime: number;
}

export function emptyState(): State {
  return { world: new Series(), places: new Map(), latestTime: 0 };
}

/** Takes in a reading. Each comes once: the client sees to that. */
export function addReading(state: State, reading: Reading, now: number): void {
  state.latestTime = Math.max(state.latestTime, reading.time);
  const place = findPlace(state.places, reading);
  if (reading.time >= place.latest.time) place.latest = reading;
  if (reading.time > now - KEPT_MS) {
    state.world.add(reading.time, reading.happiness);
    place.series.add(reading.time, reading.happiness);
  }
}

/** A stream begins anew, with a backlog: what was seen may not be of its log, or comes again. */
export function forgetAll(state: State): void {
  Object.assign(state, emptyState());
}

/** Forgets what is older than the page's memory. */
export function forgetOld(state: State, now: number): void {
  state.world.trim(now - KEPT_MS);
  for (const place of state.places.values()) place.series.trim(now - KEPT_MS);
}

function findPlace(places: Map<string, Place>, reading: Reading): Place {
  const known = places.get(reading.place);
  if (known) return known;
  if (places.size >= MAX_PLACES) places.delete(longestUnheard(places));
  const place = { name: reading.place, series: new Series(), latest: reading };
  places.set(place.name, place);
  return place;
}

function longestUnheard(places: Map<string, Place>): string {
  let unheard: Place | undefined;
  for (const place of places.values()) {
    if (!unheard || place.latest.time < unheard.latest.time) unheard = place;
  }
  return unheard?.name ?? "";
}
