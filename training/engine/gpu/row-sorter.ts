// Sorts batches by row in a thread of its own, so that this one can record the step before.
import { Worker } from "node:worker_threads";
import type { IndexedBatch } from "./indexed-batch.ts";
import type { RowHistory } from "./row-sort.ts";
import type { SortRequest } from "./sort-worker.ts";

interface Waiting {
  resolve(batch: IndexedBatch): void;
  reject(error: Error): void;
}

let worker: Worker | null = null;
/** In the order of their requests, which is that of the answers. */
const waiting: Waiting[] = [];

/** The batch with its pairs sorted. Its arrays move to the thread and back: the one given is empty from now on. */
export function sortInThread(batch: IndexedBatch, history: RowHistory, step: number): Promise<IndexedBatch> {
  worker ??= startWorker();
  worker.ref();
  const request: SortRequest = { batch, history, step };
  worker.postMessage(request, [batch.words.buffer as ArrayBuffer, batch.labels.buffer as ArrayBuffer]); // neither is shared
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

/** One for all learners. It keeps the process alive only while a batch is with it. */
function startWorker(): Worker {
  const started = new Worker(new URL("./sort-worker.ts", import.meta.url));
  started.on("message", (batch: IndexedBatch) => {
    waiting.shift()?.resolve(batch);
    if (waiting.length === 0) started.unref();
  });
  started.on("error", (error) => {
    worker = null;
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  return started;
}
