// The places, unhappiest first. Only the rows in sight are in the document, so
// that a thousand places cost what a screenful does.

import { strings } from "../strings";
import type { PlaceRow } from "../summary";
import { byId, html, setText } from "./dom";
import { PlaceRowView } from "./place_row";

/** So few rows are all there: find-in-page and printing find them. */
const ALL_ROWS = 60;

/** Fewer are found without. */
const WORTH_A_SEARCH = 12;

/** Rows beyond the edges of what is in sight, for a smooth scroll. */
const OVERSCAN = 4;

/** Moves an element without ending its transitions, where the browser can. */
type Movable = Element & { moveBefore?: (node: Element, child: Element | null) => void };

/** A name as it is looked for: no accents, no case. */
const plain = (name: string): string => name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").trim().toLowerCase();

export class PlacesView {
  private readonly count = html("span", "card-note");
  private readonly search = html("input", "places-search");
  private readonly empty = html("p", "places-empty");
  private readonly list = html("ol", "places-list");
  readonly scroller = html("div", "places-scroller", this.list);
  private readonly views = new Map<string, PlaceRowView>();
  private all: readonly PlaceRow[] = [];
  private rows: readonly PlaceRow[] = [];
  private open: string | undefined;
  private since = 0;
  private now = 0;
  private height = 1;

  /** @param onChoice a place was chosen */
  constructor(onChoice: (place: string) => void) {
    const title = html("h2", "", strings.places.title);
    byId("places").append(html("div", "card-head", title, this.count), this.search, this.empty, this.scroller);
    this.search.type = "search";
    this.search.id = "search";
    this.search.placeholder = strings.places.search;
    this.search.setAttribute("aria-label", strings.places.search);
    this.search.addEventListener("input", () => this.choose());
    // A box that scrolls must be reachable by keyboard.
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "region");
    this.scroller.setAttribute("aria-label", strings.places.title);
    const redraw = (): void => this.draw();
    this.scroller.addEventListener("scroll", redraw, { passive: true });
    addEventListener("scroll", redraw, { passive: true });
    addEventListener("resize", redraw);
    this.list.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-place]");
      if (row?.dataset.place !== undefined) onChoice(row.dataset.place);
    });
  }

  /**
   * @param open the place that is looked at closely
   * @param since where the sparklines begin
   */
  show(rows: readonly PlaceRow[], open: string | undefined, since: number, now: number): void {
    this.all = rows;
    this.open = open;
    this.since = since;
    this.now = now;
    this.choose();
  }

  /** Those that the reader looks for. */
  private choose(): void {
    const { all } = this;
    const wanted = plain(this.search.value);
    this.rows = wanted ? all.filter(({ place }) => plain(place.name).includes(wanted)) : all;
    const found = this.rows.length;
    const { places } = strings;
    setText(this.count, all.length === 0 ? "" : wanted ? places.found(found, all.length) : places.count(all.length));
    this.search.hidden = all.length < WORTH_A_SEARCH;
    this.empty.hidden = found > 0;
    setText(this.empty, all.length > 0 ? places.none : places.empty);
    this.draw();
  }

  private draw(): void {
    this.measure();
    const [first, last] = this.inSight();

    const kept = new Set<string>();
    let previous: Element | null = null;
    for (let i = first; i < last; i++) {
      const row = this.rows[i]!;
      const name = row.place.name;
      kept.add(name);
      const view = this.views.get(name) ?? this.addRow(name);
      this.putAfter(view.element, previous);
      view.moveTo(i * this.height);
      view.show(row, i, this.rows.length, name === this.open, this.since, this.now);
      previous = view.element;
    }
    for (const [name, view] of this.views) {
      if (kept.has(name) || this.keepsFocus(name, view)) continue;
      view.element.remove();
      this.views.delete(name);
    }
  }

  /** A few places share the whole height; from then on rows are as the style
   * sheet has them. */
  private measure(): void {
    const style = getComputedStyle(this.scroller);
    const lowest = parseFloat(style.getPropertyValue("--row-low"));
    const highest = parseFloat(style.getPropertyValue("--row-high"));
    const room = style.overflowY === "auto" ? this.scroller.clientHeight / Math.max(1, this.rows.length) : 0;
    this.height = Math.floor(Math.min(highest, Math.max(lowest, room)));
    this.list.style.setProperty("--row", `${this.height}px`);
    this.list.style.height = `${this.rows.length * this.height}px`;
  }

  /** The rows that the scroller and the window both show. */
  private inSight(): [number, number] {
    if (this.rows.length <= ALL_ROWS) return [0, this.rows.length];
    const box = this.scroller.getBoundingClientRect();
    const top = this.list.getBoundingClientRect().top;
    const from = Math.max(box.top, 0) - top;
    const to = Math.min(box.bottom, innerHeight) - top;
    const first = Math.max(0, Math.floor(from / this.height) - OVERSCAN);
    const last = Math.min(this.rows.length, Math.ceil(to / this.height) + OVERSCAN);
    return [first, Math.max(first, last)];
  }

  /** A row that has the focus stays, wherever it goes. */
  private keepsFocus(name: string, view: PlaceRowView): boolean {
    if (!view.element.contains(document.activeElement)) return false;
    const index = this.rows.findIndex(({ place }) => place.name === name);
    if (index >= 0) view.moveTo(index * this.height);
    return index >= 0;
  }

  private addRow(name: string): PlaceRowView {
    const view = new PlaceRowView(name);
    this.views.set(name, view);
    return view;
  }

  /** Readers and the Tab key follow the document: it keeps the list's order,
   * while the rows glide to where they belong. */
  private putAfter(element: Element, previous: Element | null): void {
    const next = previous ? previous.nextElementSibling : this.list.firstElementChild;
    if (next === element) return;
    const list: Movable = this.list;
    if (element.parentElement && list.moveBefore) return list.moveBefore(element, next);
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(element, next);
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}
