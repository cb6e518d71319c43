// The latest readings of the place that is looked at.

import { READINGS } from "../api";
import type { Reading } from "../reading";
import { strings } from "../strings";
import { byId, html, setText } from "./dom";
import { FaceView } from "./face";

interface Row {
  readonly reading: Reading;
  readonly age: HTMLElement;
  readonly element: HTMLElement;
}

export class ReadingsView {
  private readonly box = byId("readings");
  private readonly list = html("ol", "readings-list");
  private readonly empty = html("p", "readings-empty");
  private rows: Row[] = [];

  constructor() {
    const title = html("h3", "", strings.readings.title);
    title.id = "readings-title";
    this.list.tabIndex = 0;
    this.list.setAttribute("aria-labelledby", title.id);
    this.box.append(title, this.empty, this.list);
    this.clear(false);
  }

  /** Forgets the place before. */
  clear(visible: boolean): void {
    this.box.hidden = !visible;
    this.empty.hidden = true;
    this.rows = [];
    this.list.replaceChildren();
  }

  /** Takes in readings of the place, in whatever order, some of them perhaps for
   * the second time. */
  add(readings: readonly Reading[], now: number): void {
    const known = new Set(this.rows.map(({ reading }) => reading.id));
    const added = readings.filter(({ id }) => !known.has(id)).map((reading) => makeRow(reading));
    this.rows = [...added, ...this.rows]
      .sort((a, b) => b.reading.time - a.reading.time || b.reading.sequence - a.reading.sequence)
      .slice(0, READINGS);
    this.list.replaceChildren(...this.rows.map(({ element }) => element));
    setText(this.empty, strings.readings.empty);
    this.empty.hidden = this.rows.length > 0;
    this.tell(now);
  }

  /** They can't be read just now. */
  fail(): void {
    if (this.rows.length > 0) return;
    setText(this.empty, strings.readings.failed);
    this.empty.hidden = false;
  }

  /** Ages move on. */
  tell(now: number): void {
    for (const { reading, age } of this.rows) setText(age, strings.ago(now - reading.time));
  }
}

function makeRow(reading: Reading): Row {
  const face = new FaceView(6);
  face.show(reading.happiness);
  const age = html("span", "reading-age");
  const element = html(
    "li",
    "reading",
    face.element,
    html("span", "reading-level", strings.level(reading.happiness)),
    html("span", "reading-source", strings.readings.from(reading.source)),
    age,
  );
  return { reading, age, element };
}
