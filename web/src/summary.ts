// What the views show, computed from a State at a moment.

import { MEMORY_MS, WINDOW_MS } from "./series";
import type { Place, State } from "./state";
import type { Told } from "./told";

/** The level of the world. */
export interface Level {
  /** The mean over the last window; if that is empty, over the window that ends
   * with the latest reading. */
  readonly mean: number;
  /** How many readings, and of how many places, it rests on. */
  readonly readings: number;
  readonly places: number;
  /** Against the window before; undefined if that is empty. */
  readonly trend: number | undefined;
  /** When the latest reading was felt. */
  readonly latestTime: number;
  /** Whether the last window is empty: this is how it was, not how it is. */
  readonly stale: boolean;
}

/** One place's row in the list. */
export interface PlaceRow {
  readonly place: Place;
  readonly level: number;
  /** How many readings of the last window it rests on; 0 if it is stale. */
  readonly count: number;
  /** Against the window before; undefined if that is empty. */
  readonly trend: number | undefined;
  readonly latestTime: number;
  readonly stale: boolean;
  /** Whether the page remembers readings of it, and not only the latest. */
  readonly recent: boolean;
}

/** The page's readings are not all that there are if the service tells of so many times more. */
const MANY_MORE = 1.25;

/** The world's level; undefined if there never was a reading. It is the one that the service
 * tells where the page has not all of the last window: in a flood, when it was just opened,
 * or with a clock that is wrong. */
export function levelOf(state: State, now: number, told?: Told): Level | undefined {
  const own = ownLevel(state, now);
  const live = own && !own.stale ? own.readings : 0;
  if (!told || told.until < now || told.readings <= live * MANY_MORE) return own;
  const { mean, readings, places, trend } = told;
  return { mean, readings, places, trend, latestTime: own?.latestTime ?? now, stale: false };
}

function ownLevel(state: State, now: number): Level | undefined {
  if (state.latestTime === 0) return undefined;
  const live = state.world.mean(now - WINDOW_MS, Infinity);
  const stale = live.count === 0;
  const end = stale ? state.latestTime : Infinity;
  const start = (stale ? state.latestTime : now) - WINDOW_MS;
  const { mean, count } = stale ? state.world.mean(start, end) : live;
  if (count === 0) return lastKnown(state);

  const before = state.world.mean(start - WINDOW_MS, start);
  let places = 0;
  for (const place of state.places.values()) {
    if (place.latest.time > start && place.series.mean(start, end).count > 0) places++;
  }
  return {
    mean,
    readings: count,
    places,
    trend: before.count > 0 ? mean - before.mean : undefined,
    latestTime: state.latestTime,
    stale,
  };
}

/** The level from each place's latest reading, when all of them are older than
 * what the page remembers. */
function lastKnown(state: State): Level {
  let sum = 0;
  for (const place of state.places.values()) sum += place.latest.happiness;
  const places = state.places.size;
  return {
    mean: sum / places,
    readings: places,
    places,
    trend: undefined,
    latestTime: state.latestTime,
    stale: true,
  };
}

function rowOf(place: Place, now: number): PlaceRow {
  const latestTime = place.latest.time;
  const recent = latestTime > now - MEMORY_MS;
  const stale = latestTime <= now - WINDOW_MS;
  const end = stale ? latestTime : now;
  const { mean, count } = place.series.mean(end - WINDOW_MS, Infinity);
  const before = place.series.mean(end - 2 * WINDOW_MS, end - WINDOW_MS);
  const level = count > 0 ? mean : place.latest.happiness;
  return {
    place,
    level,
    trend: before.count > 0 ? level - before.mean : undefined,
    count: stale ? 0 : Math.max(1, count),
    latestTime,
    stale,
    recent,
  };
}

/** The places, unhappiest first; those not heard of for longer than the page
 * remembers come last, for they say little of now. */
export function placeRows(state: State, now: number): PlaceRow[] {
  const rows: PlaceRow[] = [];
  for (const place of state.places.values()) rows.push(rowOf(place, now));
  return rows.sort(
    (a, b) =>
      Number(b.recent) - Number(a.recent) ||
      a.level - b.level ||
      (a.place.name < b.place.name ? -1 : 1),
  );
}
