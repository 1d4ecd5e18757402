// How long the byte product may add up in i16 before it has to widen: proved from the weights, for every possible activation.

/** Largest activation of a byte. */
const ACTIVATION_MAX = 127;
const INT16_MAX = 32_767;

/** Whether a lane whose weights above and below 0 have these sums can overflow i16 by no activations. */
export function fitsInt16(positive: number, negative: number): boolean {
  return Math.max(positive, negative) * ACTIVATION_MAX <= INT16_MAX;
}

/** Outputs of a panel, and inputs of a step, of `productBytes`. */
export const PANEL = 16;
export const STEP = 4;

/**
 * Of one panel (i8 [steps][16 outputs][4 inputs]): numbers of steps, as many as fit into each range. A lane of i16 adds up the
 * products of two inputs of one output. Activations are 0..127, so that its sum is at most 127 times its positive weights, and at
 * least 127 times its negative ones. A single step always fits: 2 * 127 * 128.
 */
export function planRanges(panel: Int8Array): number[] {
  const laneCount = (PANEL * STEP) / 2;
  const positive = new Int32Array(laneCount);
  const negative = new Int32Array(laneCount);
  const ranges: number[] = [];
  let length = 0;
  for (let step = 0; step < panel.length; step += PANEL * STEP) {
    if (length > 0 && !fits(panel, step, positive, negative)) {
      ranges.push(length);
      length = 0;
      positive.fill(0);
      negative.fill(0);
    }
    addStep(panel, step, positive, negative);
    length++;
  }
  return [...ranges, length];
}

function fits(panel: Int8Array, step: number, positive: Int32Array, negative: Int32Array): boolean {
  for (let lane = 0; lane < positive.length; lane++) {
    const [a, b] = [panel[step + 2 * lane] as number, panel[step + 2 * lane + 1] as number]; // within the step
    const most = (positive[lane] as number) + Math.max(a, 0) + Math.max(b, 0);
    const least = (negative[lane] as number) + Math.max(-a, 0) + Math.max(-b, 0);
    if (!fitsInt16(most, least)) return false;
  }
  return true;
}

function addStep(panel: Int8Array, step: number, positive: Int32Array, negative: Int32Array): void {
  for (let i = 0; i < PANEL * STEP; i++) {
    const weight = panel[step + i] as number; // within the step
    const side = weight > 0 ? positive : negative;
    side[i >> 1] = (side[i >> 1] as number) + Math.abs(weight);
  }
}
