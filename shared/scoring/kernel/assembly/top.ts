// The best of many scores, best first; of equal ones the lower index. Scores come in order of their indices; those that can still be
// among the best are kept as keys, and the keys cut back to as many as are wanted whenever their room is full.
//
// A key (u64) orders as its score and then its index do: the score's bits made ascending (0 for a NaN), then the index's complement.

let keys: usize = 0;
let capacity: i32 = 0; // more than any limit
let indices: usize = 0;
let values: usize = 0;

let limit: i32 = 0;
let size: i32 = 0;
let threshold: f32 = NaN; // at or below it no score is wanted; NaN while all are
let left: i32 = 0; // where `partition` leaves off
let right: i32 = 0;

/** Where keys (u64 [capacity]) and results (i32 and f32, as many as are wanted) lie; `capacity` is more than any limit. */
export function setTop(keyRoom: usize, keyCapacity: i32, resultIndices: usize, resultScores: usize): void {
  keys = keyRoom;
  capacity = keyCapacity;
  indices = resultIndices;
  values = resultScores;
}

/** Best `limit` of f32 [count]; a NaN is worse than any number. Returns how many there are. */
export function selectBest(scores: usize, count: i32, wanted: i32): i32 {
  beginTop(wanted);
  let bound: f32 = NaN;
  for (let i = 0; i < count; i++) {
    const score = load<f32>(scores + ((<usize>i) << 2));
    if (!(score <= bound)) bound = offer(score, i);
  }
  return endTop();
}

/** `wanted` is at least 1. */
export function beginTop(wanted: i32): void {
  limit = wanted;
  size = 0;
  threshold = NaN;
}

/** Takes one score. Returns the threshold after it. */
export function offer(score: f32, index: i32): f32 {
  if (size === capacity) cut();
  store<u64>(keys + ((<usize>size) << 3), keyOf(score, index));
  size++;
  return threshold;
}

/** Writes the results. Returns how many there are. */
export function endTop(): i32 {
  if (size > limit) cut();
  sort(0, size - 1);
  for (let i = 0; i < size; i++) {
    const key = keyAt(i);
    store<i32>(indices + ((<usize>i) << 2), ~(<i32>key));
    store<f32>(values + ((<usize>i) << 2), scoreOf(key));
  }
  return size;
}

function keyOf(score: f32, index: i32): u64 {
  const bits = reinterpret<i32>(score + 0); // -0 becomes 0: they are equal
  const ascending = (bits & 0x7fffffff) > 0x7f800000 ? 0 : <u32>bits ^ (<u32>(bits >> 31) | 0x80000000);
  return ((<u64>ascending) << 32) | <u64>(<u32>~index);
}

function scoreOf(key: u64): f32 {
  const ascending = <u32>(key >> 32);
  if (ascending === 0) return NaN;
  return reinterpret<f32>(<i32>(ascending ^ (ascending >>> 31 ? 0x80000000 : 0xffffffff)));
}

function keyAt(i: i32): u64 {
  return load<u64>(keys + ((<usize>i) << 3));
}

/** Keeps the best `limit` keys, in any order; what is no better than the worst of them is not wanted: its index is higher. */
function cut(): void {
  const last = limit - 1;
  let low = 0;
  let high = size - 1;
  while (low < high) {
    partition(low, high);
    if (last <= right) high = right;
    else if (last >= left) low = left;
    else break;
  }
  size = limit;
  threshold = scoreOf(keyAt(last));
}

/** Hoare's partition (Quicksort and Find, 1961): no key of [low, right] is below one between, none of [left, high] above one. */
function partition(low: i32, high: i32): void {
  const pivot = keyAt((low + high) >> 1);
  let i = low;
  let j = high;
  while (i <= j) {
    while (keyAt(i) > pivot) i++;
    while (keyAt(j) < pivot) j--;
    if (i > j) break;
    const key = keyAt(i);
    store<u64>(keys + ((<usize>i) << 3), keyAt(j));
    store<u64>(keys + ((<usize>j) << 3), key);
    i++;
    j--;
  }
  left = i;
  right = j;
}

/** Largest first. The smaller part goes first, so that the stack stays low. */
function sort(low: i32, high: i32): void {
  while (low < high) {
    partition(low, high);
    const i = left;
    const j = right;
    if (j - low < high - i) {
      sort(low, j);
      low = i;
    } else {
      sort(i, high);
      high = j;
    }
  }
}
