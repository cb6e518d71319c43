// The world with its places: a script of its own, for it is larger than all the
// rest of the page, and nobody waits for it.

import { geoGraticule10, geoNaturalEarth1, geoPath } from "d3-geo";
import { colourOf } from "../scale";
import { strings } from "../strings";
import type { PlaceRow } from "../summary";
import { html, setText, svg } from "../views/dom";
import { countryOf, pointOf, shapes } from "./geography";

/** The map's own units; the style sheet gives it its size. The whole earth would
 * be 480 high: the lowest part is left out, where nobody lives. */
const WIDTH = 960;
const HEIGHT = 480;
const SHOWN = 424;
const DOT = 5.5;

/** At most so many dots: those of the places that came first. */
const MOST_DOTS = 400;

export interface Atlas {
  /** Gives how many of the places are on the map. */
  show(rows: readonly PlaceRow[], open: string | undefined): number;
}

declare global {
  interface Window {
    happinessAtlas?: (box: HTMLElement, onChoice: (place: string) => void) => Atlas;
  }
}

class AtlasView implements Atlas {
  private readonly projection = geoNaturalEarth1();
  private readonly countries = new Map<string, SVGPathElement>();
  private readonly dots = new Map<string, SVGCircleElement>();
  private readonly layer = svg("g", { class: "map-dots" });
  private readonly tip = html("p", "map-tip");

  constructor(
    private readonly box: HTMLElement,
    onChoice: (place: string) => void,
  ) {
    const sphere = { type: "Sphere" } as const;
    this.projection.fitExtent([[2, 2], [WIDTH - 2, HEIGHT - 2]], sphere);
    const path = geoPath(this.projection).digits(1);
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${SHOWN}`, class: "map-svg", role: "img" });
    picture.setAttribute("aria-label", strings.map.label);
    picture.append(
      svg("path", { class: "map-sea", d: path(sphere) ?? "" }),
      svg("path", { class: "map-grid", d: path(geoGraticule10()) ?? "" }),
    );
    for (const { name, shape } of shapes()) {
      const country = svg("path", { class: "map-land", d: path(shape) ?? "" });
      this.countries.set(name, country);
      picture.append(country);
    }
    picture.append(this.layer);
    this.box.append(picture, legend(), this.tip);
    this.tip.hidden = true;
    this.tip.setAttribute("aria-hidden", "true");
    picture.addEventListener("pointermove", (event) => this.point(event));
    picture.addEventListener("pointerleave", () => (this.tip.hidden = true));
    picture.addEventListener("click", ({ target }) => {
      const { place } = (target as SVGElement).dataset;
      if (place !== undefined) onChoice(place);
    });
  }

  show(rows: readonly PlaceRow[], open: string | undefined): number {
    const painted = new Set<SVGElement>();
    let shown = 0;
    for (const row of rows) {
      const element = this.elementOf(row.place.name);
      if (!element || painted.has(element)) continue;
      painted.add(element);
      shown++;
      paint(element, row, row.place.name === open);
    }
    for (const country of this.countries.values()) if (!painted.has(country)) clear(country);
    for (const [name, dot] of this.dots) {
      if (painted.has(dot)) continue;
      dot.remove();
      this.dots.delete(name);
    }
    return shown;
  }

  private elementOf(place: string): SVGElement | undefined {
    const country = countryOf(place);
    if (country !== undefined) return this.countries.get(country);
    const known = this.dots.get(place);
    const point = known ? undefined : pointOf(place);
    if (known || !point || this.dots.size >= MOST_DOTS) return known;
    const [x, y] = this.projection([point[0], point[1]]) ?? [0, 0];
    const dot = svg("circle", { class: "map-dot", cx: x.toFixed(1), cy: y.toFixed(1), r: String(DOT) });
    this.dots.set(place, dot);
    this.layer.append(dot);
    return dot;
  }

  private point(event: PointerEvent): void {
    const { place, level } = (event.target as SVGElement).dataset;
    this.tip.hidden = place === undefined;
    if (place === undefined) return;
    setText(this.tip, strings.map.at(place, Number(level)));
    const box = this.box.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - this.tip.offsetWidth - 8);
    this.tip.style.transform = `translate(${x}px, ${Math.max(4, event.clientY - box.top - 36)}px)`;
  }
}

function paint(element: SVGElement, row: PlaceRow, isOpen: boolean): void {
  const fill = colourOf(row.level);
  if (element.getAttribute("fill") !== fill) element.setAttribute("fill", fill);
  element.dataset.place = row.place.name;
  element.dataset.level = String(row.level);
  element.classList.toggle("is-stale", row.stale);
  if (isOpen !== element.classList.contains("is-open")) {
    element.classList.toggle("is-open", isOpen);
    // The last one drawn is on top: its whole outline is seen.
    if (isOpen && element.classList.contains("map-land")) element.parentElement?.querySelector(".map-dots")?.before(element);
  }
}

function clear(country: SVGElement): void {
  if (country.dataset.place === undefined) return;
  delete country.dataset.place;
  country.removeAttribute("fill");
  country.classList.remove("is-open", "is-stale");
}

function legend(): HTMLElement {
  const steps = 40;
  const colours = Array.from({ length: steps + 1 }, (_, i) => colourOf((10 * i) / steps));
  const bar = html("span", "legend-bar");
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  const box = html("div", "legend", html("span", "", strings.map.unhappy), bar, html("span", "", strings.map.happy));
  box.setAttribute("aria-hidden", "true");
  return box;
}

window.happinessAtlas = (box, onChoice) => new AtlasView(box, onChoice);
