// Scoring candidates whose encoding depends on the context: a statistic of fields of both sides.
import { expect, it } from "vitest";
import { scoreCandidates } from "../../../functions/decision/scoring.ts";
import type { Tensor } from "../../../shared/artifact/safetensors.ts";
import { BagWriter } from "../../../shared/features/bags.ts";
import { createEncoder } from "../../../shared/features/encode.ts";
import { statisticKey } from "../../../shared/features/encode-statistic.ts";
import type { FeatureMap, FittedFieldOf } from "../../../shared/features/feature-map.ts";
import { writeCounts } from "../../../shared/features/statistic-counts.ts";
import module from "../../../shared/scoring/kernel/scorer.wasm";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { exampleModel } from "./example-market.ts";

type Unplaced<Kind extends "categorical" | "statistic"> = Omit<FittedFieldOf<Kind>, "firstRow" | "rowCount">;

const of = ["device", "creativeId"];
const clicked = { keys: Uint32Array.of(statisticKey({ device: "mobile", creativeId: "c1" }, of)!) };
const counts = writeCounts({ ...clicked, ones: Uint8Array.of(1), zeros: Uint8Array.of(0) });
const device: Unplaced<"categorical"> = {
  kind: "categorical",
  name: "device",
  from: "context",
  ids: { vocabulary: ["mobile", "desktop"] },
};
const statistic: Unplaced<"statistic"> = {
  kind: "statistic",
  name: "seen",
  from: "candidate",
  of,
  bucketCount: 2,
  hashVersion: 1,
  ...counts,
};
const FEATURE_MAP: FeatureMap = {
  version: 1,
  fields: [
    { ...device, firstRow: 0, rowCount: 4 },
    { ...statistic, firstRow: 4, rowCount: 4 },
  ],
  rowCount: 8,
};

/** Logit 1 where the creative was once clicked on such a device, else 0. */
function modelWithStatistic() {
  const model = exampleModel({});
  const linear = Float32Array.of(0, 0, 0, 0, 0, 0, 1, 0);
  const tensors = new Map<string, Tensor>([
    ["bias", { dtype: "F32", shape: [1], data: Float32Array.of(0) }],
    ["linear", { dtype: "F32", shape: [8], data: linear }],
  ]);
  const { architecture } = model.manifest;
  const encoder = createEncoder(FEATURE_MAP);
  const bags = { context: new BagWriter(1), candidate: new BagWriter(1) };
  return { ...model, encoder, bags, scorer: createKernelScorer(module, { featureMap: FEATURE_MAP, architecture, tensors }) };
}

it("encodes the catalog's creatives anew for each context", () => {
  const model = modelWithStatistic();
  const creatives = ["c0", "c1"].map((creativeId) => ({ features: { creativeId } }));
  const logitsOn = (name: string) => [...(scoreCandidates(model, { device: name }, creatives, { known: true })?.logits ?? [])];
  expect(logitsOn("mobile")).toEqual([0, 1]);
  expect(logitsOn("desktop")).toEqual([0, 0]);
});
