// Scores a split a chunk at a time, so that a signal gets through between them.
import { setImmediate } from "node:timers/promises";
import { sliceBags } from "../../shared/features/bags.ts";
import type { Dataset } from "../dataset/dataset.ts";

/** A tenth of a second or so, for the largest nets. */
const CHUNK_SIZE = 256;

/**
 * Logits of every example, [labels.length]. Rejects with the signal's reason once it is aborted.
 *
 * @example await scoreInChunks(splits.valid, (part) => scoreDataset(scorer, part));
 */
export async function scoreInChunks(
  data: Dataset,
  score: (part: Dataset) => Float32Array,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const logits = new Float32Array(data.labels.length);
  for (let first = 0; first < logits.length; first += CHUNK_SIZE) {
    signal?.throwIfAborted();
    logits.set(score(sliceDataset(data, first, Math.min(CHUNK_SIZE, logits.length - first))), first);
    await setImmediate();
  }
  return logits;
}

function sliceDataset({ context, candidate, labels, through, timesMs }: Dataset, first: number, count: number): Dataset {
  return {
    context: sliceBags(context, first, count),
    candidate: sliceBags(candidate, first, count),
    labels: labels.subarray(first, first + count),
    ...(through && { through: through.subarray(first, first + count) }),
    timesMs: timesMs?.subarray(first, first + count) ?? null,
  };
}
