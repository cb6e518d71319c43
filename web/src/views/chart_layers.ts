// What the chart draws beside uPlot's own lines: the quiet ones below them, and
// the labels at their ends.

import type uPlot from "uplot";
import { spread } from "../labels";
import { lastIndex, lineOf, type Steps } from "../lines";
import type { Line } from "../series";
import type { PlaceRow } from "../summary";
import type { Theme } from "./theme";

const LABEL_PX = 13;
const LABEL_LINE_PX = 17;
const DOT_PX = 3.5;

/** A line's end, to be labelled. */
export interface End {
  readonly name: string;
  readonly line: Line;
  readonly colour: string;
  readonly emphasised: boolean;
}

/** Draws the quiet lines as one path, so that a thousand of them are one stroke. */
export function drawQuiet(u: uPlot, rows: readonly PlaceRow[], steps: Steps, theme: Theme): void {
  if (rows.length === 0) return;
  const { ctx } = u;
  const path = new Path2D();
  const xs = steps.seconds.map((second) => u.valToPos(second, "x", true));
  const bottom = u.valToPos(0, "y", true);
  const unit = bottom - u.valToPos(1, "y", true);
  for (const row of rows) {
    let down = false;
    lineOf(row, steps).forEach((value, i) => {
      if (value === null) down = false;
      if (typeof value !== "number") return;
      const x = xs[i]!;
      const y = bottom - value * unit;
      if (down) path.lineTo(x, y);
      else path.moveTo(x, y);
      down = true;
    });
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  ctx.strokeStyle = theme.soft;
  // The more there are, the quieter is each.
  ctx.globalAlpha = Math.max(0.1, Math.min(0.35, 25 / rows.length));
  ctx.lineWidth = devicePixelRatio;
  ctx.lineJoin = "bevel";
  ctx.stroke(path);
  ctx.restore();
}

/** Draws a dot where each line ends, and the place's name at the right. */
export function drawLabels(u: uPlot, ends: readonly End[], theme: Theme): void {
  const shown = ends.flatMap((end) => {
    const last = lastIndex(end.line);
    if (last < 0) return [];
    const x = u.valToPos(u.data[0][last]!, "x", true);
    const y = u.valToPos(end.line[last] as number, "y", true);
    return x < u.bbox.left ? [] : [{ end, x, y }];
  });
  const { ctx } = u;
  const scale = devicePixelRatio;
  const right = u.bbox.left + u.bbox.width;
  const half = (LABEL_LINE_PX * scale) / 2;
  const places = spread(
    shown.map(({ y }) => y),
    LABEL_LINE_PX * scale,
    u.bbox.top + half,
    u.bbox.top + u.bbox.height - half,
  );
  const room = u.ctx.canvas.width - right - 20 * scale;

  ctx.save();
  ctx.font = `${LABEL_PX * scale}px ${theme.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  shown.forEach(({ end, x, y }, i) => {
    const labelY = places[i]!;
    ctx.fillStyle = ctx.strokeStyle = end.colour;
    ctx.beginPath();
    ctx.arc(x, y, (end.emphasised ? DOT_PX + 1 : DOT_PX) * scale, 0, 2 * Math.PI);
    ctx.fill();
    leader(ctx, Math.max(x, right - 1) + 3 * scale, y, right + 14 * scale, labelY, scale);
    ctx.fillStyle = end.emphasised ? theme.ink : theme.soft;
    ctx.fillText(fit(ctx, end.name, room), right + 18 * scale, labelY);
  });
  ctx.restore();
}

/** A thin line from a line's end to its label. */
function leader(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number, scale: number): void {
  ctx.save();
  ctx.globalAlpha = 0.6;
  ctx.lineWidth = scale;
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
  ctx.restore();
}

/** Cuts a name to the room that there is. */
function fit(ctx: CanvasRenderingContext2D, name: string, room: number): string {
  if (ctx.measureText(name).width <= room) return name;
  const letters = Array.from(name);
  while (letters.length > 1 && ctx.measureText(letters.join("") + "…").width > room) letters.pop();
  return letters.join("").trimEnd() + "…";
}
