// The geometry of a face in a box of 100 by 100: pure, so that the drawing and
// the favicon agree, and the tests can look at it.

export interface FaceShape {
  /** The path of the mouth. */
  readonly mouth: string;
  /** The paths of the brows. */
  readonly leftBrow: string;
  readonly rightBrow: string;
  /** 0 for no brows to 1 for fully drawn ones. */
  readonly browOpacity: number;
}

const MOUTH_Y = 67;
const MOUTH_BEND = 21;

/** The level below which the brows begin to turn sad. */
const SAD_BELOW = 4;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

const n = (value: number): string => value.toFixed(1);

/** The face of a level from 0 to 10. */
export function faceShape(level: number): FaceShape {
  const mood = clamp((level - 5) / 5, -1, 1);
  const half = 24 - 3 * Math.abs(mood);
  const corner = MOUTH_Y - mood * MOUTH_BEND * 0.45;
  const bow = MOUTH_Y + mood * MOUTH_BEND;

  // The inner ends rise: sad. Were they to fall, the face would be angry.
  const sadness = clamp((SAD_BELOW - level) / SAD_BELOW, 0, 1);
  const outer = 27 + 2.5 * sadness;
  const inner = 25 - 5 * sadness;
  return {
    mouth: `M${n(50 - half)} ${n(corner)}Q50 ${n(bow)} ${n(50 + half)} ${n(corner)}`,
    leftBrow: `M25 ${n(outer)}L41 ${n(inner)}`,
    rightBrow: `M75 ${n(outer)}L59 ${n(inner)}`,
    browOpacity: clamp(sadness * 4, 0, 1),
  };
}
