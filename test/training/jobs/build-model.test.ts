// What buildModel hands over: a manifest that fits its weights, metrics of the very kernel that serves, and a clean abort.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../../shared/artifact/envelope.ts";
import { readSafetensors } from "../../../shared/artifact/safetensors.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { calibrate } from "../../../shared/scoring/calibration.ts";
import { createReferenceScorer } from "../../../shared/scoring/reference.ts";
import { Task } from "../../../shared/tasks/task.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { loadParts, type Splits, streamParts } from "../../../training/dataset/load.ts";
import { isOnDisk } from "../../../training/dataset/shards.ts";
import { fitCalibration } from "../../../training/evaluate/fit-calibration.ts";
import { evaluate } from "../../../training/evaluate/metrics.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { scoreDataset } from "../../../training/quantize/score-dataset.ts";
import { visitRows, visitTask } from "../commands/visits-data.ts";

const task = parse(Task, visitTask());
const source = (from: number, to: number) =>
  async function* () {
    yield* visitRows(to)
      .slice(from)
      .map((row) => ({ ...row }));
  };
const splitsOf = (withTest: boolean): Promise<Splits<Dataset>> =>
  loadParts(task, [
    { source: source(0, 600), split: "train" },
    { source: source(600, 800), split: "valid" },
    ...(withTest ? [{ source: source(800, 1000), split: "test" } as const] : []),
  ]);

describe("buildModel", () => {
  it("gives metrics of the served model that the reference scorer gives from the artifact alone", async () => {
    const splits = await splitsOf(true);
    const built = await buildModel({ task, splits, device: "wasm", seed: 3 });
    const { featureMap, architecture, calibration, files, metrics } = built.manifest;
    expect(files.weights).toEqual({ sha256: await sha256Hex(built.weights), sizeBytes: built.weights.length });
    const scorer = createReferenceScorer({ featureMap, architecture, tensors: readSafetensors(built.weights) });
    const { test } = splits;
    if (!test) throw new Error("the splits have a test part");
    const probabilities = Float64Array.from(scoreDataset(scorer, test), (logit) => calibrate(logit, calibration));
    expect(metrics["served.test"]).toEqual(evaluate(probabilities, test.labels));
    expect(metrics["served.test"]).toEqual(built.metrics.served.test);
    expect(Object.keys(metrics).sort()).toEqual(["float.test", "float.valid", "served.test", "served.valid"]);
    expect(calibration).toEqual(fitCalibration(scoreDataset(scorer, splits.valid), splits.valid.labels));
    expect(built.metrics.float.test?.auc).toBeGreaterThan(0.7);
  });

  it("does without a test split", async () => {
    const built = await buildModel({ task, splits: await splitsOf(false), device: "wasm", seed: 3 });
    expect(built.metrics.served.test).toBeNull();
    expect(Object.keys(built.manifest.metrics).sort()).toEqual(["float.valid", "served.valid"]);
  });

  const specs = [
    { family: "dcn-v2", hidden: [16, 8], crossLayers: 2, batchNorm: true },
    { family: "deepfm", hidden: [12] },
  ];
  it.each(specs)("does not care whether validation and test are in memory or on disk: $family", async (spec) => {
    const folder = mkdtempSync(join(tmpdir(), "selvedge-shards-"));
    const own = parse(Task, { ...visitTask(), model: spec, training: { batchSize: 50, epochs: 2, learningRate: 0.02 } });
    const parts = [
      { source: source(0, 600), split: "train" },
      { source: source(600, 5000), split: "valid" }, // more than quantization looks at
      { source: source(5000, 5700), split: "test" },
    ] as const;
    const whole = await loadParts(own, parts);
    const { valid, test } = await streamParts(own, parts, { folder, shardBytes: 1000 });
    if (!isOnDisk(valid) || !test || !isOnDisk(test)) throw new Error("expected shards");
    expect(valid.shards[0]!.count).toBeLessThan(50);
    const told = async (splits: Splits) => {
      const { metrics, history, ...built } = await buildModel({ task: own, splits, device: "wasm", seed: 3 });
      const { logits, weights, manifest, calibrationChoice } = built;
      return { history, metrics, logits, weights, manifest, calibrationChoice };
    };
    expect(await told({ ...whole, valid, test })).toEqual(await told(whole));
    rmSync(folder, { recursive: true });
  });

  it("tells how far it is, and stops when told to", async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ samplesDone }: { samplesDone: number }) => {
      seen.push(samplesDone);
      if (seen.length === 3) stop.abort(new Error("enough"));
    };
    const splits = await splitsOf(false);
    await expect(buildModel({ task, splits, device: "wasm", seed: 3, onProgress, signal: stop.signal })).rejects.toThrow(
      "enough",
    );
    expect(seen).toHaveLength(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it("refuses to train a teacher for the edge before anything is trained", async () => {
    const teacher = parse(Task, { ...visitTask(), model: { family: "fwfm" } });
    const onProgress = () => expect.unreachable();
    const building = buildModel({ task: teacher, splits: await splitsOf(false), device: "wasm", seed: 3, onProgress });
    await expect(building).rejects.toMatchObject({ code: "family_not_served", path: "model.family" });
  });
});
