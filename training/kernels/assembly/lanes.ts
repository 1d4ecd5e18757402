// The last of a row's values: loops run in whole vectors of four f32, and store only as many lanes as are the row's own.

/** Stores the first `count` lanes, all four where `count` is more. */
export function storeLanes(to: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, value);
  } else if (count === 1) {
    v128.store32_lane(to, value, 0);
  } else {
    v128.store64_lane(to, value, 0);
    if (count === 3) v128.store32_lane(to, value, 2, 8);
  }
}
