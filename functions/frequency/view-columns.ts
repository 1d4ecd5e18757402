// Views of many keys as columns: with an object a key, to send them takes longer and to store them more bytes.
import type { KeyViews } from "./views.ts";

/** Of each key so many times, one key after the other. */
export interface ViewColumns {
  readonly keys: readonly string[];
  readonly counts: readonly number[];
  readonly timesMs: Float64Array;
}

export function toColumns(views: ReadonlyMap<string, KeyViews>): ViewColumns {
  const keys: string[] = [];
  const counts: number[] = [];
  const timesMs: number[] = [];
  for (const [key, { seenMs }] of views) {
    keys.push(key);
    counts.push(seenMs.length);
    for (const atMs of seenMs) timesMs.push(atMs);
  }
  return { keys, counts, timesMs: new Float64Array(timesMs) };
}

/** By key, when it was seen. */
export function fromColumns({ keys, counts, timesMs }: ViewColumns): Map<string, readonly number[]> {
  const views = new Map<string, readonly number[]>();
  let at = 0;
  for (let place = 0; place < keys.length; place++) {
    const seenMs: number[] = [];
    for (const end = at + (counts[place] as number); at < end; at++) seenMs.push(timesMs[at] as number); // as many as the counts say
    views.set(keys[place] as string, seenMs);
  }
  return views;
}
