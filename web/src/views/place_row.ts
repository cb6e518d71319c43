// One row of the list of places.

import { WINDOW_MS } from "../series";
import { sparkPath } from "../spark";
import { strings } from "../strings";
import type { PlaceRow } from "../summary";
import { html, setText, svg } from "./dom";
import { FaceView } from "./face";

const SPARK_WIDTH = 80;
const SPARK_HEIGHT = 22;
const SPARK_STEPS = 45;

export class PlaceRowView {
  private readonly face = new FaceView(6);
  private readonly line = svg("path");
  private readonly name = html("span", "place-name");
  private readonly level = html("span", "place-level");
  private readonly count = html("span", "place-count");
  private readonly button = html("button", "place-button");
  readonly element = html("li", "place");

  constructor(place: string) {
    const spark = svg(
      "svg",
      { viewBox: `0 -1 ${SPARK_WIDTH} ${SPARK_HEIGHT + 2}`, class: "place-spark", "aria-hidden": "true" },
      this.line,
    );
    this.name.title = this.name.textContent = place;
    this.element.dataset.place = place;
    this.button.type = "button";
    this.button.append(this.face.element, this.name, spark, this.level, this.count);
    this.element.append(this.button);
  }

  show(row: PlaceRow, rank: number, of: number, isOpen: boolean, since: number, now: number): void {
    const { element } = this;
    this.button.setAttribute("aria-pressed", String(isOpen));
    const { places } = strings;
    element.setAttribute("aria-posinset", String(rank + 1));
    element.setAttribute("aria-setsize", String(of));
    element.classList.toggle("is-stale", row.stale);
    this.face.show(row.level);
    setText(this.level, strings.level(row.level));
    const silence = now - row.latestTime;
    setText(this.count, row.stale ? places.silent(silence) : places.readings(row.count));
    this.count.title = row.stale ? places.silentTitle(silence) : places.readingsTitle(row.count);
    // Steps stand still while time moves on: a moving one would change its mean.
    const step = Math.ceil((now - since) / SPARK_STEPS / 1_000) * 1_000;
    const start = Math.floor(now / step + 1 - SPARK_STEPS) * step;
    const path = sparkPath(row.place.series.line(start, step, SPARK_STEPS, WINDOW_MS), SPARK_WIDTH, SPARK_HEIGHT);
    if (this.line.getAttribute("d") !== path) this.line.setAttribute("d", path);
  }

  moveTo(y: number): void {
    this.element.style.transform = `translateY(${y}px)`;
  }
}
