// A drawn face.

import { faceShape } from "../face";
import { colourOf, strokeOn } from "../scale";
import { svg } from "./dom";

export class FaceView {
  private readonly skin = svg("circle", { cx: "50", cy: "50", r: "50", class: "face-skin" });
  private readonly eyes = svg(
    "g",
    { class: "face-eyes" },
    svg("circle", { cx: "33.5", cy: "40", r: "4.4" }),
    svg("circle", { cx: "66.5", cy: "40", r: "4.4" }),
  );
  private readonly mouth = svg("path");
  private readonly leftBrow = svg("path");
  private readonly rightBrow = svg("path");
  private readonly brows = svg("g", {}, this.leftBrow, this.rightBrow);
  private readonly strokes = svg(
    "g",
    { fill: "none", "stroke-width": "3.6", "stroke-linecap": "round" },
    this.mouth,
    this.brows,
  );
  private shown = "";

  readonly element = svg(
    "svg",
    { viewBox: "0 0 100 100", class: "face", "aria-hidden": "true" },
    this.skin,
    this.eyes,
    this.strokes,
  );

  /** Small faces need bolder strokes to be read. */
  constructor(strokeWidth = 3.6) {
    this.strokes.setAttribute("stroke-width", String(strokeWidth));
    if (strokeWidth > 4) for (const eye of this.eyes.children) eye.setAttribute("r", "6");
  }

  /** Once. An animation that never ends would have the browser draw all the time. */
  blink(): void {
    this.eyes.animate([{}, { transform: "scaleY(0.08)" }, {}], 280);
  }

  /** Shows a level from 0 to 10. */
  show(level: number): void {
    const key = level.toFixed(2);
    if (key === this.shown) return;
    this.shown = key;
    const shape = faceShape(level);
    const stroke = strokeOn(level);
    this.skin.setAttribute("fill", colourOf(level));
    this.eyes.setAttribute("fill", stroke);
    this.strokes.setAttribute("stroke", stroke);
    this.mouth.setAttribute("d", shape.mouth);
    this.leftBrow.setAttribute("d", shape.leftBrow);
    this.rightBrow.setAttribute("d", shape.rightBrow);
    this.brows.setAttribute("opacity", String(shape.browOpacity));
  }
}
