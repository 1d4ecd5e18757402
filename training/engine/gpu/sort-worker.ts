// The thread that sorts batches: row-sorter.ts starts it and sends them, one after the other.
import { parentPort } from "node:worker_threads";
import type { IndexedBatch } from "./indexed-batch.ts";
import { type RowHistory, sortByRow } from "./row-sort.ts";

export interface SortRequest {
  readonly batch: IndexedBatch;
  readonly history: RowHistory;
  readonly step: number;
}

let cursor = new Int32Array(0);

parentPort?.on("message", ({ batch, history, step }: SortRequest) => {
  if (cursor.length < history.lastStep.length) cursor = new Int32Array(history.lastStep.length);
  sortByRow(batch, history, step, cursor);
  parentPort?.postMessage(batch, [batch.words.buffer as ArrayBuffer, batch.labels.buffer as ArrayBuffer]); // neither is shared
});
