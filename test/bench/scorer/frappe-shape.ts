// The trained Frappe model of the newest run in the state folder, with a request of real examples.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { readSafetensors } from "../../../shared/artifact/safetensors.ts";
import type { Bags } from "../../../shared/features/bags.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadDataset } from "../../../training/dataset/load.ts";
import { fileSource } from "../../../training/dataset/read.ts";
import { readArtifactFolder } from "../../../training/publish/artifact.ts";
import { readStoreConfig } from "../../../training/publish/store-config.ts";
import { toFloatModel } from "./float-net.ts";
import { datasetOf, inputMaxima } from "./sample.ts";
import { MAX_CANDIDATES, type Shape } from "./shape.ts";

const HOW =
  "train it first: npm run train -- --task test/bench/tasks/frappe.json --train ../shared/data/frappe/train.csv.gz --valid ../shared/data/frappe/valid.csv.gz";

const Config = v.object({ task: Task, files: v.object({ valid: v.string() }) });

/** The shape, or a sentence that says why there is none and how to get it. */
export async function frappeShape(): Promise<Shape | string> {
  const runs = join(readStoreConfig().stateDir, "runs");
  const names = await readdir(runs).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const newest = names
    .filter((name) => /^frappe-\d{8}T\d+Z$/.test(name))
    .sort()
    .at(-1);
  return newest === undefined ? `no run of task frappe in ${runs}; ${HOW}` : readRun(join(runs, newest));
}

/** The validation file's examples: the first one's context, and the ads of the first ones. */
async function readRun(folder: string): Promise<Shape> {
  const { task, files } = v.parse(Config, JSON.parse(await readFile(join(folder, "config.json"), "utf8")));
  const { manifest, weights } = await readArtifactFolder(join(folder, "artifact"));
  const { featureMap, architecture, calibration } = manifest;
  const { context, candidate } = await loadDataset(task, featureMap, fileSource([files.valid], task));
  const rows = Array.from({ length: MAX_CANDIDATES }, (_, i) => [...rowsOf(context, 0), ...rowsOf(candidate, i)]);
  const served = { featureMap, architecture, tensors: readSafetensors(weights) };
  const sample = datasetOf(
    rows.map((_, i) => [...rowsOf(context, i), ...rowsOf(candidate, i)]),
    context.fieldCount,
  );
  return { ...served, name: "frappe", calibration, rows, inputMaxima: inputMaxima(toFloatModel(served), sample) };
}

/** The rows of one example: every field of this task has one. */
function rowsOf({ fieldCount, offsets, rows }: Bags, example: number): number[] {
  return [...rows.subarray(offsets[example * fieldCount], offsets[(example + 1) * fieldCount])];
}
