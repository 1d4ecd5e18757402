// Logits of all examples of a split, wherever it is, and what they come to.
import { piecesOf } from "../dataset/pieces.ts";
import { countOf, type Examples, isOnDisk } from "../dataset/shards.ts";
import type { Learner } from "./learner.ts";

export type Predict = (data: Examples, signal?: AbortSignal) => Promise<Float32Array>;

/** Mean logloss of raw logits, in f64. */
export async function measureLogloss(
  learner: Learner,
  data: Examples,
  batchSize: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const logits = await predictLogits(learner, "logits", data, batchSize, signal);
  const targets = (isOnDisk(data) ? null : data.targets) ?? data.labels;
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    total += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - x * targets[i]!;
  }
  return total / logits.length;
}

export async function predictLogits(
  learner: Learner,
  kind: "logits" | "logitsAfterThrough",
  data: Examples,
  batchSize: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const logits = new Float32Array(countOf(data));
  for await (const { first, data: piece } of piecesOf(data)) {
    const order = Int32Array.from({ length: countOf(piece) }, (_, index) => index);
    for (let from = 0; from < order.length; from += batchSize) {
      signal?.throwIfAborted();
      const to = Math.min(order.length, from + batchSize);
      logits.set(await learner[kind](piece, order, from, to), first + from);
    }
  }
  return logits;
}
