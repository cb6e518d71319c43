// A live line for each place.

import uPlot from "uplot";
import { chooseLines, lineOf, lonely, stepsAt, MAX_LOUD, UNHAPPIEST, type Lines, type Steps } from "../lines";
import { lineColourOf } from "../scale";
import type { Line } from "../series";
import { strings } from "../strings";
import type { PlaceRow } from "../summary";
import { drawLabels, drawQuiet } from "./chart_layers";
import { byId, html, setText } from "./dom";
import { onThemeChange, readTheme } from "./theme";

/** From this width on the labels get their full room. */
const WIDE_PX = 480;

export class ChartView {
  private readonly title = html("h2");
  private readonly readout = html("span", "card-note");
  private readonly box = html("div", "chart-box");
  private readonly plot: uPlot;
  private theme = readTheme();
  private strokes: { readonly key: string; readonly gradient: CanvasGradient } | undefined;
  private rows: readonly PlaceRow[] = [];
  private lines: Lines = { loud: [], quiet: [] };
  private drawn: Line[] = [];
  private steps: Steps = stepsAt(0);
  private since = 0;
  private now = 0;
  /** The place that the reader points at, in the list or in the chart. */
  private listed: string | undefined;
  private pointed: string | undefined;

  constructor() {
    this.box.setAttribute("role", "img");
    this.box.setAttribute("aria-label", strings.chart.label);
    byId("chart").append(html("div", "card-head", this.title, this.readout), this.box);
    this.plot = new uPlot(this.options(), [[], ...this.empty()], this.box);
    new ResizeObserver(() => this.resize()).observe(this.box);
    onThemeChange(() => {
      this.theme = readTheme();
      this.plot.redraw();
    });
  }

  /** @param since where the chart begins */
  show(rows: readonly PlaceRow[], since: number, now: number): void {
    this.rows = rows;
    this.now = now;
    this.since = since;
    this.lines = chooseLines(rows, this.listed);
    this.steps = stepsAt(now);
    this.drawn = this.lines.loud.map((row) => lineOf(row, this.steps));
    const { loud, quiet } = this.lines;
    setText(
      this.title,
      quiet.length > 0 ? strings.chart.titleUnhappiest(UNHAPPIEST, loud.length + quiet.length) : strings.chart.title,
    );
    const data = [...this.drawn, ...this.empty().slice(this.drawn.length)];
    this.plot.setData([this.steps.seconds as number[], ...data] as uPlot.AlignedData);
  }

  /** Brings a place's line to the front; undefined for none. */
  focus(place: string | undefined): void {
    if (place === this.listed) return;
    this.listed = place;
    this.show(this.rows, this.since, this.now);
  }

  private empty(): Line[] {
    return Array.from({ length: MAX_LOUD }, () => []);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (width > 0 && height > 0) this.plot.setSize({ width, height });
  }

  private colour(row: PlaceRow | undefined): string {
    return row ? lineColourOf(row.level, this.theme.card) : this.theme.soft;
  }

  /** Every height has its level's colour: made anew only when the chart's size
   * or the theme changes. */
  private gradient(u: uPlot): CanvasGradient | string {
    const top = u.valToPos(10, "y", true);
    const bottom = u.valToPos(0, "y", true);
    if (!Number.isFinite(top) || !Number.isFinite(bottom)) return this.theme.soft;
    const key = `${top} ${bottom} ${this.theme.card}`;
    if (this.strokes?.key !== key) {
      const gradient = u.ctx.createLinearGradient(0, bottom, 0, top);
      for (let level = 0; level <= 10; level += 0.25) {
        gradient.addColorStop(level / 10, lineColourOf(level, this.theme.card));
      }
      this.strokes = { key, gradient };
    }
    return this.strokes.gradient;
  }

  private isFocused(row: PlaceRow | undefined): boolean {
    return row !== undefined && row.place.name === (this.listed ?? this.pointed);
  }

  private series(slot: number): uPlot.Series {
    const row = (): PlaceRow | undefined => this.lines.loud[slot];
    return {
      stroke: (u) => {
        // The width of a line can't be a function; this is asked before each stroke.
        const emphasised = this.isFocused(row()) || (slot === 0 && !this.listed && !this.pointed);
        this.plot.series[slot + 1]!.width = emphasised ? 3 : 1.75;
        return this.gradient(u);
      },
      width: 1.75,
      spanGaps: false,
      points: {
        show: false,
        size: 5,
        width: 0,
        fill: () => this.colour(row()),
        filter: () => lonely(this.drawn[slot] ?? []),
      },
    };
  }

  private options(): uPlot.Options {
    const axis: uPlot.Axis = {
      stroke: () => this.theme.soft,
      font: `13px ${this.theme.font}`,
      ticks: { show: false },
    };
    return {
      width: 300,
      height: 200,
      padding: [8, (u) => (u.width < WIDE_PX ? 84 : 132), 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        focus: { prox: 24 },
        points: { size: 8, width: 0, fill: (_, slot) => this.colour(this.lines.loud[slot - 1]) },
      },
      focus: { alpha: 1 },
      scales: {
        x: { time: true, range: () => [this.since / 1_000, this.now / 1_000] },
        y: { range: [0, 10] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          incrs: [60, 120, 300, 600, 900],
          space: 84,
          size: 32,
          gap: 10,
          values: (_, splits) => splits.map((s) => strings.time(s * 1_000)),
        },
        {
          ...axis,
          grid: { stroke: () => this.theme.line, width: 1 },
          splits: () => [0, 2, 4, 6, 8, 10],
          size: 30,
          gap: 8,
        },
      ],
      series: [{}, ...Array.from({ length: MAX_LOUD }, (_, slot) => this.series(slot))],
      hooks: {
        drawAxes: [(u) => drawQuiet(u, this.lines.quiet, this.steps, this.theme)],
        draw: [
          (u) => {
            const ends = this.lines.loud.map((row, i) => ({
              name: row.place.name,
              line: this.drawn[i]!,
              colour: this.colour(row),
              emphasised: i === 0 || this.isFocused(row),
            }));
            drawLabels(u, ends, this.theme);
          },
        ],
        setSeries: [(_, slot) => this.point(slot)],
        setCursor: [(u) => this.read(u.cursor.idx)],
      },
    };
  }

  private point(slot: number | null): void {
    this.pointed = slot === null ? undefined : this.lines.loud[slot - 1]?.place.name;
    this.plot.redraw(false);
  }

  /** Says in words what is under the cursor. */
  private read(index: number | null | undefined): void {
    const slot = this.lines.loud.findIndex((row) => row.place.name === this.pointed);
    const value = typeof index === "number" ? this.drawn[slot]?.[index] : undefined;
    const time = typeof index === "number" ? this.steps.seconds[index] : undefined;
    const known = typeof value === "number" && time !== undefined;
    setText(this.readout, known ? strings.chart.at(this.pointed ?? "", value, time * 1_000) : "");
  }
}
