// Everything the page knows of the readings. Deterministic functions over one
// State: they know no DOM, no socket and no clock. They change the State in
// place, because a stream of thousands a second must not copy it each time.

import type { Reading } from "./reading";
import { MEMORY_MS, Series, WINDOW_MS } from "./series";

/** The first value that is drawn needs a window before it. */
const KEPT_MS = MEMORY_MS + WINDOW_MS;

/** More places than this are not remembered: the longest unheard goes first. */
export const MAX_PLACES = 2_000;

/** How many of the latest reading ids are remembered, to count each once when a
 * backlog overlaps with what is here already. More than any backlog asked for. */
export const MAX_IDS = 16_384;

export interface Place {
  readonly name: string;
  readonly series: Series;
  /** The latest reading, by when it was felt. */
  latest: Reading;
}

export interface State {
  readonly world: Series;
  readonly places: Map<string, Place>;
  readonly ids: Set<string>;
  /** The last sequence number seen: where to resume; 0 for nowhere. */
  lastSequence: number;
  /** When the latest reading was felt; 0 if there is none. */
  latestTime: number;
}

export function emptyState(): State {
  return { world: new Series(), places: new Map(), ids: new Set(), lastSequence: 0, latestTime: 0 };
}

/** What a reading was to the page. `replaced`: its number was another reading's
 * before, so this is another log; nothing was taken in, start anew. */
export type Outcome = "new" | "known" | "replaced";

/** Takes in a reading. */
export function addReading(state: State, reading: Reading, now: number): Outcome {
  const known = state.ids.has(reading.id);
  if (!known && reading.sequence <= state.lastSequence) return "replaced";
  state.lastSequence = Math.max(state.lastSequence, reading.sequence);
  if (known) return "known";
  rememberId(state.ids, reading.id);
  state.latestTime = Math.max(state.latestTime, reading.time);
  const place = findPlace(state.places, reading);
  if (reading.time >= place.latest.time) place.latest = reading;
  if (reading.time > now - KEPT_MS) {
    state.world.add(reading.time, reading.happiness);
    place.series.add(reading.time, reading.happiness);
  }
  return "new";
}

/** The log was cut or replaced: what was seen is not of it. The next stream
 * starts with a backlog. */
export function forgetAll(state: State): void {
  Object.assign(state, emptyState());
}

/** Forgets what is older than the page's memory. */
export function forgetOld(state: State, now: number): void {
  state.world.trim(now - KEPT_MS);
  for (const place of state.places.values()) place.series.trim(now - KEPT_MS);
}

function rememberId(ids: Set<string>, id: string): void {
  ids.add(id);
  if (ids.size > MAX_IDS) ids.delete(ids.values().next().value as string);
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
