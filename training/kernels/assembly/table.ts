// Inner loops of the embedding table over arrays that the typed wrapper (table-kernel.ts) lays out, as engine/table-loops.ts defines them.
import { storeLanes } from "./lanes";
import { ADAM, decayWeights, fillCorrections, LAST_CORRECTED, updateWeights } from "./update";

let rule: i32 = 0;
let dimension: i32 = 0;
let vectors: usize = 0;
let vectorSlot0: usize = 0;
let vectorSlot1: usize = 0;
let linear: usize = 0;
let linearSlot0: usize = 0;
let linearSlot1: usize = 0;
let lastStep: usize = 0;
let updates: usize = 0;
let place: usize = 0;
let corrections: usize = 0;
/** One bit a row, all 0 between calls. */
let marks: usize = 0;

/** Bytes that `corrections` needs. */
export function correctionBytes(): i32 {
  return (LAST_CORRECTED + 1) << 3;
}

/** First byte that the wrapper may use. */
export function heapBase(): usize {
  return __heap_base;
}

/** The arrays of engine/table-state.ts; slots that the rule has not are 0. */
export function setTable(
  newRule: i32,
  newDimension: i32,
  newVectors: usize,
  newVectorSlot0: usize,
  newVectorSlot1: usize,
  newLinear: usize,
  newLinearSlot0: usize,
  newLinearSlot1: usize,
  newLastStep: usize,
  newUpdates: usize,
  newPlace: usize,
  newCorrections: usize,
  newMarks: usize,
): void {
  rule = newRule;
  dimension = newDimension;
  vectors = newVectors;
  vectorSlot0 = newVectorSlot0;
  vectorSlot1 = newVectorSlot1;
  linear = newLinear;
  linearSlot0 = newLinearSlot0;
  linearSlot1 = newLinearSlot1;
  lastStep = newLastStep;
  updates = newUpdates;
  place = newPlace;
  corrections = newCorrections;
  marks = newMarks;
  fillCorrections(corrections);
}

let pairCount: i32 = 0;
let examples: usize = 0;
let rows: usize = 0;
let weights: usize = 0;
let columns: usize = 0;
let byValue: usize = 0;

/** The pairs of engine/batch.ts that all that follows works on. */
export function setBatch(
  newPairCount: i32,
  newExamples: usize,
  newRows: usize,
  newWeights: usize,
  newColumns: usize,
  newByValue: usize,
): void {
  pairCount = newPairCount;
  examples = newExamples;
  rows = newRows;
  weights = newWeights;
  columns = newColumns;
  byValue = newByValue;
}

/**
 * Lists the batch's rows once each in `touched`, and every pair's place in that list in `places`; returns how many there are.
 * The list ascends, so that all that follows walks through the table in one direction.
 */
export function touch(rowCount: i32, touched: usize, places: usize): i32 {
  for (let k: i32 = 0; k < pairCount; k++) {
    const row = load<u32>(rows + (k << 2));
    const word = marks + ((row >> 6) << 3);
    store<u64>(word, load<u64>(word) | ((<u64>1) << (row & 63)));
  }
  const count = listMarked(rowCount, touched);
  for (let k: i32 = 0; k < pairCount; k++) {
    store<i32>(places + (k << 2), load<i32>(place + (load<u32>(rows + (k << 2)) << 2)));
  }
  return count;
}

/** Lists the rows marked, says in `place` where, and clears the marks. */
function listMarked(rowCount: i32, touched: usize): i32 {
  let count: i32 = 0;
  for (let first: i32 = 0; first < rowCount; first += 64) {
    const word = marks + (first >> 3);
    let bits = load<u64>(word);
    if (bits === 0) continue;
    store<u64>(word, 0);
    for (; bits !== 0; bits &= bits - 1) {
      const row = first + <i32>ctz(bits);
      store<i32>(place + (row << 2), count);
      store<i32>(touched + (count << 2), row);
      count++;
    }
  }
  return count;
}

/** Lets the rows of a list catch up until `step - 1`, where `decay` is not 0, and makes `step` their last. */
export function catchUpTouched(touched: usize, count: i32, step: i32, decay: f32): void {
  for (let at: i32 = 0; at < count; at++) {
    const row = load<i32>(touched + (at << 2));
    if (decay !== 0) catchUp(row, step - 1, decay);
    store<i32>(lastStep + (row << 2), step);
  }
}

/** Lets all rows that were ever updated catch up until `step`. */
export function catchUpAll(rowCount: i32, step: i32, decay: f32): void {
  for (let row: i32 = 0; row < rowCount; row++) {
    catchUp(row, step, decay);
    if (load<i32>(updates + (row << 2)) > 0) store<i32>(lastStep + (row << 2), step);
  }
}

function catchUp(row: i32, untilStep: i32, decay: f32): void {
  const missed = untilStep - load<i32>(lastStep + (row << 2));
  const count = load<i32>(updates + (row << 2));
  if (missed <= 0 || count === 0) return;
  const squareRate = correction(count, 4);
  const at: usize = row << 2;
  const vector = at * dimension;
  const squares = rule === ADAM ? vectorSlot1 : vectorSlot0;
  const linearSquares = rule === ADAM ? linearSlot1 : linearSlot0;
  decayWeights(rule, vectors + vector, squares + vector, dimension, squareRate, decay, missed);
  decayWeights(rule, linear + at, linearSquares + at, 1, squareRate, decay, missed);
}

/** Fills `x0` [exampleCount, width] and `sums` [exampleCount]. */
export function gather(exampleCount: i32, x0: usize, width: i32, sums: usize): void {
  memory.fill(x0, 0, (exampleCount * width) << 2);
  memory.fill(sums, 0, exampleCount << 2);
  for (let k: i32 = 0; k < pairCount; k++) {
    const at = k << 2;
    const row: usize = load<i32>(rows + at);
    const weight = load<f32>(weights + at);
    const example = load<i32>(examples + at);
    const sum = sums + (example << 2);
    store<f32>(sum, load<f32>(sum) + weight * load<f32>(linear + (row << 2)));
    if (width === 0) continue;
    const to = x0 + ((example * width + load<i32>(columns + at)) << 2);
    if (load<u8>(byValue + k)) store<f32>(to, load<f32>(to) + weight);
    else addScaled(to, vectors + row * (dimension << 2), weight);
  }
}

/** Sums the gradient of `sums` by row: `gradients` [count]. */
export function scatterSums(sumsGradient: usize, places: usize, gradients: usize, count: i32): void {
  memory.fill(gradients, 0, count << 2);
  for (let k: i32 = 0; k < pairCount; k++) {
    const at = k << 2;
    const to = gradients + (load<i32>(places + at) << 2);
    const from = sumsGradient + (load<i32>(examples + at) << 2);
    store<f32>(to, load<f32>(to) + load<f32>(weights + at) * load<f32>(from));
  }
}

/** Sums the gradient of `x0` by row: `gradients` [count, dimension]. */
export function scatterVectors(x0Gradient: usize, width: i32, places: usize, gradients: usize, count: i32): void {
  memory.fill(gradients, 0, (count * dimension) << 2);
  for (let k: i32 = 0; k < pairCount; k++) {
    if (load<u8>(byValue + k)) continue;
    const at = k << 2;
    const to = gradients + load<i32>(places + at) * (dimension << 2);
    const from = x0Gradient + ((load<i32>(examples + at) * width + load<i32>(columns + at)) << 2);
    addScaled(to, from, load<f32>(weights + at));
  }
}

/** to += scale * from, over a row. */
function addScaled(to: usize, from: usize, scale: f32): void {
  const factor = f32x4.splat(scale);
  for (let d: i32 = 0; d < dimension; d += 4) {
    const at: usize = d << 2;
    const sum = f32x4.add(v128.load(to + at), f32x4.mul(factor, v128.load(from + at)));
    storeLanes(to + at, sum, dimension - d);
  }
}

/** Updates the rows of a list, each by its gradients; gradients that the net has not are 0. */
export function updateTouched(
  touched: usize,
  count: i32,
  vectorGradients: usize,
  linearGradients: usize,
  learningRate: f32,
  decay: f32,
): void {
  for (let at: i32 = 0; at < count; at++) {
    const row: usize = load<i32>(touched + (at << 2));
    const cell = row << 2;
    const times = load<i32>(updates + cell) + 1;
    store<i32>(updates + cell, times);
    const meanRate = rule === ADAM ? learningRate * correction(times, 0) : learningRate;
    const squareRate = correction(times, 4);
    if (vectorGradients !== 0) {
      const gradient = vectorGradients + at * (dimension << 2);
      const from = cell * dimension;
      updateWeights(
        rule,
        vectors + from,
        vectorSlot0 + from,
        vectorSlot1 + from,
        gradient,
        dimension,
        meanRate,
        squareRate,
        decay,
      );
    }
    if (linearGradients !== 0) {
      const gradient = linearGradients + (at << 2);
      updateWeights(rule, linear + cell, linearSlot0 + cell, linearSlot1 + cell, gradient, 1, meanRate, squareRate, decay);
    }
  }
}

function correction(times: i32, part: usize): f32 {
  return load<f32>(corrections + (min(times, LAST_CORRECTED) << 3) + part);
}
