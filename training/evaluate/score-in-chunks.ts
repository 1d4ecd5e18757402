// Scores a split a chunk at a time, so that a signal gets through between them.
import { setImmediate } from "node:timers/promises";
import { sliceBags } from "../../shared/features/bags.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { piecesOf } from "../dataset/pieces.ts";
import { countOf, type Examples } from "../dataset/shards.ts";

/** A tenth of a second or so, for the largest nets. */
const CHUNK_SIZE = 256;

/**
 * Logits of every example, [labels.length]. Rejects with the signal's reason once it is aborted.
 *
 * @example await scoreInChunks(splits.valid, (part) => scoreDataset(scorer, part));
 */
export async function scoreInChunks(
  data: Examples,
  score: (part: Dataset) => Float32Array,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const logits = new Float32Array(countOf(data));
  for await (const { first, data: piece } of piecesOf(data)) {
    for (let from = 0; from < countOf(piece); from += CHUNK_SIZE) {
      signal?.throwIfAborted();
      logits.set(score(sliceDataset(piece, from, Math.min(CHUNK_SIZE, countOf(piece) - from))), first + from);
      await setImmediate();
    }
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
