// The level over time: the mean, in the band between the lowest and the highest.

import uPlot from "uplot";
import { lonely, type Columns, type Curve } from "../curve";
import { startOf } from "../range";
import { lineColourOf } from "../scale";
import { strings } from "../strings";
import { byId, html, setText } from "./dom";
import { onThemeChange, readTheme } from "./theme";

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** Zooming in further shows nothing. */
const LEAST_ZOOM_S = 10;

/** What to draw. */
export interface ChartContent {
  /** What it is about, in words. */
  readonly what: string;
  /** Undefined until it has come. */
  readonly curve: Curve | undefined;
  readonly failed: boolean;
  /** In milliseconds; `from` is undefined where the chart ends now. */
  readonly from: number | undefined;
  readonly to: number;
  readonly span: number;
}

export interface ChartListener {
  /** The reader dragged over a time, in milliseconds. */
  onZoom(from: number, to: number): void;
  /** The reader wants all of the range again. */
  onZoomOut(): void;
  /** The reader has seen enough of the place. */
  onBack(): void;
}

export class ChartView {
  private readonly title = html("h2");
  private readonly readout = html("span", "card-note chart-readout");
  private readonly back = html("button", "chart-button", strings.chart.back);
  private readonly closer = html("button", "chart-button", "+");
  private readonly out = html("button", "chart-button", strings.chart.zoomOut);
  /** What a screen reader hears: the value that a key leads to. */
  private readonly spoken = html("p", "spoken");
  private readonly note = html("p", "chart-note");
  private readonly box = html("div", "chart-box");
  private readonly plot: uPlot;
  private theme = readTheme();
  private strokes: { readonly key: string; readonly gradient: CanvasGradient } | undefined;
  private columns: Columns = { times: [], means: [], mins: [], maxs: [] };
  private from = 0;
  private to = 1;

  /** The page's style must be what it will be. */
  constructor(private readonly listener: ChartListener) {
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "group");
    this.box.title = strings.chart.zoomHint;
    this.spoken.setAttribute("role", "status");
    this.closer.title = strings.chart.zoomIn;
    this.closer.setAttribute("aria-label", strings.chart.zoomIn);
    for (const button of [this.back, this.closer, this.out]) button.type = "button";
    this.closer.addEventListener("click", () => this.zoomIn());
    // Both go with what they do: the focus stays with the chart.
    this.back.addEventListener("click", () => {
      this.box.focus({ preventScroll: true });
      listener.onBack();
    });
    this.out.addEventListener("click", () => {
      this.box.focus({ preventScroll: true });
      listener.onZoomOut();
    });
    this.note.setAttribute("role", "status");
    byId("chart").prepend(
      html("div", "card-head", this.title, html("div", "chart-tools", this.readout, this.closer, this.out, this.back)),
      html("div", "chart-frame", this.box, this.note, this.spoken),
    );
    this.plot = new uPlot(this.options(), [[], [], [], []], this.box);
    this.plot.over.addEventListener("dblclick", () => listener.onZoomOut());
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.resize()).observe(this.box);
    onThemeChange(() => {
      this.theme = readTheme();
      this.plot.redraw();
    });
  }

  show({ what, curve, failed, from, to, span }: ChartContent, placeIsOpen: boolean): void {
    this.back.hidden = !placeIsOpen;
    this.out.hidden = from === undefined;
    setText(this.title, strings.chart.title(what));
    this.box.setAttribute("aria-label", strings.chart.label(what));
    this.from = from ?? startOf(curve?.start, span, to);
    this.to = to;
    this.columns = curve?.columns(this.from, to, from === undefined) ?? { times: [], means: [], mins: [], maxs: [] };
    const empty = curve !== undefined && this.columns.times.length === 0;
    const { chart } = strings;
    const nothing = curve && curve.withheld > 0 ? chart.withheld : chart.empty;
    setText(this.note, failed ? chart.failed : !curve ? chart.loading : empty ? nothing : "");
    const { times, means, mins, maxs } = this.columns;
    this.plot.setData([times, means, mins, maxs] as uPlot.AlignedData);
    // What is under the pointer is said anew.
    this.read(this.plot.cursor.idx);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (width > 0 && height > 0) this.plot.setSize({ width, height });
  }

  /** Every height has its level's colour: made anew only when the chart's size,
   * its scale or the theme changes. */
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

  private options(): uPlot.Options {
    const axis: uPlot.Axis = {
      stroke: () => this.theme.soft,
      font: `${Math.round(this.theme.size * 0.82)}px ${this.theme.font}`,
      ticks: { show: false },
    };
    const edge: uPlot.Series = { width: 0, points: { show: false } };
    return {
      width: 300,
      height: 200,
      // The last time may stand at the very edge.
      padding: [10, () => 2 * this.theme.size, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        points: { size: 9, width: 0, fill: (_, i) => (i === 1 ? this.theme.ink : "transparent") },
      },
      scales: {
        x: { time: true, range: () => [this.from / 1_000, this.to / 1_000] },
        y: { range: (_, low, high) => heights(low, high) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 90,
          size: 20 + this.theme.size * 0.8,
          gap: 10,
          values: (_, splits) => splits.map((second) => this.timeText(second)),
        },
        { ...axis, grid: { stroke: () => this.theme.line, width: 1 }, incrs: [1, 2, 5], space: 36, size: 14 + this.theme.size, gap: 8 },
      ],
      series: [
        {},
        {
          stroke: (u) => this.gradient(u),
          width: 2,
          spanGaps: false,
          points: {
            show: true,
            size: 5,
            width: 0,
            fill: (u) => this.gradient(u),
            filter: () => lonely(this.columns.means),
          },
        },
        edge,
        edge,
      ],
      bands: [{ series: [3, 2], fill: () => `color-mix(in srgb, ${this.theme.accent} 24%, transparent)` }],
      hooks: {
        setCursor: [(u) => this.read(u.cursor.idx)],
        setSelect: [(u) => this.select(u)],
        draw: [(u) => this.drawEnd(u)],
      },
    };
  }

  /** A dot where the line is now. */
  private drawEnd(u: uPlot): void {
    const last = this.columns.means.length - 1;
    const mean = this.columns.means[last];
    if (typeof mean !== "number") return;
    const { ctx } = u;
    ctx.beginPath();
    ctx.arc(
      Math.min(u.valToPos(this.columns.times[last]!, "x", true), u.bbox.left + u.bbox.width),
      u.valToPos(mean, "y", true),
      4.5 * devicePixelRatio,
      0,
      2 * Math.PI,
    );
    ctx.fillStyle = lineColourOf(mean, this.theme.card);
    ctx.fill();
  }

  private select(u: uPlot): void {
    const { left, width } = u.select;
    if (width === 0) return;
    const from = u.posToVal(left, "x");
    const to = u.posToVal(left + width, "x");
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (to - from >= LEAST_ZOOM_S) this.listener.onZoom(from * 1_000, to * 1_000);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" || event.key === "-") return this.listener.onZoomOut();
    if (event.key === "+") return this.zoomIn();
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const { times } = this.columns;
    if (!by || times.length === 0) return;
    event.preventDefault();
    const from = this.plot.cursor.idx ?? times.length;
    const to = Math.min(times.length - 1, Math.max(0, from + by));
    this.plot.setCursor({ left: this.plot.valToPos(times[to]!, "x"), top: 0 });
    setText(this.spoken, this.readout.textContent ?? "");
  }

  /** Shows the half around the cursor; the later half if there is none. */
  private zoomIn(): void {
    const half = (this.to - this.from) / 2;
    const cursor = this.columns.times[this.plot.cursor.idx ?? -1];
    const wanted = cursor === undefined ? this.to - half : cursor * 1_000 - half / 2;
    const from = Math.min(this.to - half, Math.max(this.from, wanted));
    if (half >= LEAST_ZOOM_S * 1_000) this.listener.onZoom(from, from + half);
  }

  /** Says in words what is under the cursor. */
  private read(index: number | null | undefined): void {
    const at = index ?? -1;
    const [mean, min, max] = [this.columns.means[at], this.columns.mins[at], this.columns.maxs[at]];
    const known = typeof mean === "number" && typeof min === "number" && typeof max === "number";
    setText(this.readout, known ? strings.chart.at(mean, min, max, this.timeText(this.columns.times[at]!)) : "");
  }

  /** As exact as what is shown is short. */
  private timeText(second: number): string {
    const ms = second * 1_000;
    const span = this.to - this.from;
    if (span > 14 * DAY_MS) return strings.date(ms);
    if (span > 0.9 * DAY_MS) return strings.dayTime(ms);
    return span > 10 * MINUTE_MS ? strings.time(ms) : strings.second(ms);
  }
}

/** No line runs along the edge, unless it is that of the scale. */
const LEAST_MARGIN = 0.5;

/** The ends of the scale: even numbers around what there is. */
function heights(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 10];
  const even = (value: number, round: (value: number) => number): number =>
    Math.min(10, Math.max(0, 2 * round(value / 2)));
  return [even(low - LEAST_MARGIN, Math.floor), even(high + LEAST_MARGIN, Math.ceil)];
}
