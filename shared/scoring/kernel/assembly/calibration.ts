// Logits -> calibrated probabilities. Equals calibration.ts of the scoring folder bit for bit.

const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;

const PIECE_BYTES = 24;

/**
 * p = 1 / (1 + e^-f(logit)), f64 [count]. f is made of `pieceCount` straight pieces, each f64 [logit from which on, value there, slope]: the last
 * one that begins at or below the logit, or the first.
 */
export function calibrate(logits: usize, count: i32, pieces: usize, pieceCount: i32, probabilities: usize): void {
  for (let i = 0; i < count; i++) {
    const x = <f64>load<f32>(logits);
    let piece = pieces + (pieceCount - 1) * PIECE_BYTES;
    while (piece > pieces && !(load<f64>(piece) <= x)) piece -= PIECE_BYTES;
    const y = load<f64>(piece, 8) + (x - load<f64>(piece)) * load<f64>(piece, 16);
    store<f64>(probabilities, 1 / (1 + exponential(-y)));
    logits += 4;
    probabilities += 8;
  }
}

/** e^x by Cody and Waite's reduction x = k ln 2 + r and a Taylor polynomial in r; e^+-700 beyond those; NaN stays NaN. */
function exponential(x: f64): f64 {
  const clamped = min<f64>(700, max<f64>(-700, x));
  const k = nearest<f64>(clamped * Math.LOG2E);
  const r = clamped - k * LN2_HIGH - k * LN2_LOW;
  let sum: f64 = 1.0 / 6227020800;
  sum = sum * r + 1.0 / 479001600;
  sum = sum * r + 1.0 / 39916800;
  sum = sum * r + 1.0 / 3628800;
  sum = sum * r + 1.0 / 362880;
  sum = sum * r + 1.0 / 40320;
  sum = sum * r + 1.0 / 5040;
  sum = sum * r + 1.0 / 720;
  sum = sum * r + 1.0 / 120;
  sum = sum * r + 1.0 / 24;
  sum = sum * r + 1.0 / 6;
  sum = sum * r + 0.5;
  sum = sum * r + 1;
  sum = sum * r + 1;
  return sum * reinterpret<f64>((<i64>k + 1023) << 52);
}
