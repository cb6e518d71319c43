// The one colour scale: orange to teal through sand, readable with every common
// colour blindness. Faces, lines and dots all take their colour from here.

const STOPS = ["#7a2408", "#c2410c", "#f08c3a", "#f2d7a0", "#8fc6bd", "#2b8c94", "#0b5563"].map(parse);

/** The levels that the stops are spread over; the scale is clamped outside. */
const LOWEST = 1;
const HIGHEST = 8.5;
const MIDDLE = (LOWEST + HIGHEST) / 2;

const DARK = parse("#1c2326");
const LIGHT = parse("#fffdf9");

type Rgb = readonly [number, number, number];

function parse(hex: string): Rgb {
  const bits = parseInt(hex.slice(1), 16);
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255];
}

function format(colour: Rgb): string {
  return "#" + colour.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("");
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * share;
  return [at(0), at(1), at(2)];
}

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(colour: Rgb): number {
  const linear = (c: number): number => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
}

function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const inside = (level: number): number => Math.min(HIGHEST, Math.max(LOWEST, level));

function rgbOf(level: number): Rgb {
  const share = (inside(level) - LOWEST) / (HIGHEST - LOWEST);
  const position = share * (STOPS.length - 1);
  const below = Math.min(Math.floor(position), STOPS.length - 2);
  return mix(STOPS[below]!, STOPS[below + 1]!, position - below);
}

/** The WCAG contrast ratio of two colours, "#rrggbb" each: 1 to 21. */
export function contrastRatio(a: string, b: string): number {
  return contrast(parse(a), parse(b));
}

/** The colour of a level from 0 to 10. */
export function colourOf(level: number): string {
  return format(rgbOf(level));
}

/** The colour of strokes upon `colourOf(level)`: light on dark fills, dark on light ones. */
export function strokeOn(level: number): string {
  const fill = rgbOf(level);
  return format(contrast(fill, DARK) >= contrast(fill, LIGHT) ? DARK : LIGHT);
}

/** A line or a dot needs this contrast with what it is drawn upon (WCAG 2.2, 1.4.11). */
const LINE_CONTRAST = 3;

/**
 * The colour of a thin line of `level` on `background`: the scale's, changed only
 * as far as legibility needs. At night the scale's dark ends move along it towards
 * its bright middle; by day its bright middle darkens.
 */
export function lineColourOf(level: number, background: string): string {
  const ground = parse(background);
  const night = luminance(ground) < 0.18;
  const own = rgbOf(level);
  for (let share = 0; share < 1; share += 0.02) {
    const colour = night ? rgbOf(inside(level) + (MIDDLE - inside(level)) * share) : mix(own, DARK, share);
    if (contrastRatio(format(colour), background) >= LINE_CONTRAST) return format(colour);
  }
  return format(night ? LIGHT : DARK);
}
