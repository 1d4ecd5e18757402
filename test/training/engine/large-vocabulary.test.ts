import { expect, it } from "vitest";
import type { FeatureMap } from "../../../shared/features/feature-map.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { Random } from "../../../training/engine/random.ts";
import { trainModel } from "../../../training/engine/train-model.ts";
import { taskWith } from "./synthetic.ts";

const HASH_SPACE = 10_000_000;
const FOUR_GIB = 4 * 1024 ** 3;

function hashedDataset(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const rows = Int32Array.from({ length: count }, () => 1 + Math.floor(random.uniform() * HASH_SPACE));
  const offsets = Int32Array.from({ length: count + 1 }, (_, index) => index);
  const context = { fieldCount: 1, count, offsets, rows, weights: new Float32Array(count).fill(1) };
  const candidate = { fieldCount: 0, count, offsets: new Int32Array(1), rows: new Int32Array(0), weights: new Float32Array(0) };
  return { context, candidate, labels: Uint8Array.from(rows, (row) => row % 2), timesMs: null };
}

it("a vocabulary of 10 M rows trains under Adam in less than 4 GiB", { timeout: 120_000 }, async () => {
  const ids = { hashSpace: HASH_SPACE, hashVersion: 1 as const };
  const field = { kind: "categorical", name: "user", from: "context", firstRow: 0, rowCount: HASH_SPACE + 1, ids } as const;
  const featureMap: FeatureMap = { version: 1, fields: [field], rowCount: HASH_SPACE + 1 };
  const task = taskWith({ embeddingDimension: 16 }, { batchSize: 4096, epochs: 2, l2Embedding: 1e-6 });
  const splits = { train: hashedDataset(20_480, 1), valid: hashedDataset(4096, 2) };
  const { model, history } = await trainModel({ task, featureMap, ...splits, device: "wasm", seed: 1 });
  expect(model!.embedding).toHaveLength(16 * (HASH_SPACE + 1));
  expect(history.at(-1)!.trainLogloss).toBeLessThan(history[0]!.trainLogloss);
  expect(process.resourceUsage().maxRSS * 1024).toBeLessThan(FOUR_GIB); // of this process, which vitest gives each file
});
