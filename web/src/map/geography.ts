// Which place is where: countries by their shapes, small ones and cities by a
// point. Places that are neither are not on the map.
//
// cities.json: name, longitude, latitude of the cities with 400,000 people or
// more, after npm's city-timezones 1.3.4 (MIT).

import type { Feature, Geometry } from "geojson";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import cities from "./cities.json";
import world from "world-atlas/countries-110m.json";

/** Longitude and latitude, in degrees. */
export type Point = readonly [number, number];

interface Shape {
  /** The atlas's name for the country. */
  readonly name: string;
  readonly shape: Feature<Geometry>;
}

/** What the atlas calls differently, or in short. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  "bosnia and herzegovina": "Bosnia and Herz.",
  "burma": "Myanmar",
  "central african republic": "Central African Rep.",
  "congo (brazzaville)": "Congo",
  "congo brazzaville": "Congo",
  "congo (kinshasa)": "Dem. Rep. Congo",
  "congo kinshasa": "Dem. Rep. Congo",
  "czech republic": "Czechia",
  "democratic republic of the congo": "Dem. Rep. Congo",
  "dominican republic": "Dominican Rep.",
  "dr congo": "Dem. Rep. Congo",
  "equatorial guinea": "Eq. Guinea",
  "eswatini, kingdom of": "eSwatini",
  "great britain": "United Kingdom",
  "ivory coast": "Côte d'Ivoire",
  "lao pdr": "Laos",
  "north cyprus": "N. Cyprus",
  "north macedonia": "Macedonia",
  "palestinian territories": "Palestine",
  "republic of korea": "South Korea",
  "republic of moldova": "Moldova",
  "republic of the congo": "Congo",
  "russian federation": "Russia",
  "solomon islands": "Solomon Is.",
  "somaliland region": "Somaliland",
  "south sudan": "S. Sudan",
  "state of palestine": "Palestine",
  "swaziland": "eSwatini",
  "syrian arab republic": "Syria",
  "taiwan province of china": "Taiwan",
  "the gambia": "Gambia",
  "turkiye": "Turkey",
  "uk": "United Kingdom",
  "united states": "United States of America",
  "us": "United States of America",
  "usa": "United States of America",
  "viet nam": "Vietnam",
  "western sahara": "W. Sahara",
};

/** Countries too small for the atlas. */
const SMALL: Readonly<Record<string, Point>> = {
  "andorra": [1.5, 42.5],
  "bahrain": [50.5, 26],
  "barbados": [-59.5, 13.2],
  "cabo verde": [-23.6, 15.1],
  "cape verde": [-23.6, 15.1],
  "comoros": [43.3, -11.7],
  "hong kong": [114.2, 22.3],
  "hong kong sar of china": [114.2, 22.3],
  "liechtenstein": [9.5, 47.2],
  "macau": [113.5, 22.2],
  "maldives": [73.5, 4.2],
  "malta": [14.4, 35.9],
  "mauritius": [57.5, -20.3],
  "monaco": [7.4, 43.7],
  "samoa": [-172.1, -13.8],
  "san marino": [12.5, 43.9],
  "seychelles": [55.5, -4.6],
  "singapore": [103.8, 1.35],
  "tonga": [-175.2, -21.2],
};

const topology = world as unknown as Topology<{ countries: GeometryCollection<{ name: string }> }>;

/** A name as it is looked up: no accents, no case, no dots, no footnote mark. */
const plain = (name: string): string =>
  name.normalize("NFD").replace(/[\u0300-\u036f.*]/g, "").replace("’", "'").trim().toLowerCase();

const features = feature(topology, topology.objects.countries).features;

const countries = new Map(features.map(({ properties: { name } }) => [plain(name), name]));
for (const [other, name] of Object.entries(OTHER_NAMES)) countries.set(other, name);

const points = new Map<string, Point>();
for (const [name, longitude, latitude] of cities as unknown as [string, number, number][]) {
  points.set(plain(name), [longitude, latitude]);
}
for (const [name, point] of Object.entries(SMALL)) points.set(name, point);

/** The country that is called so; undefined if none is, or if it has no shape. */
export function countryOf(place: string): string | undefined {
  const name = countries.get(plain(place));
  return name !== undefined && countries.has(plain(name)) ? name : undefined;
}

/** Where a small country or a city is; of several with one name, the largest. */
export function pointOf(place: string): Point | undefined {
  return points.get(plain(place));
}

/** The countries' shapes. */
export function shapes(): Shape[] {
  return features
    .filter(({ properties }) => properties.name !== "Antarctica")
    .map((shape) => ({ name: shape.properties.name, shape }));
}
