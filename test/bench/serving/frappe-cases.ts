// Frappe's models as they are served, with a request of real records. What a request costs is a matter of the model's size and of the
// statistic's counts, which are all there; its weights are those of a short training.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "../../../shared/artifact/safetensors.ts";
import type { RawRecord } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { loadSplits } from "../../../training/dataset/load.ts";
import { readRecords } from "../../../training/dataset/read.ts";
import { selectExamples } from "../../../training/dataset/select-examples.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import type { ServedCase } from "./served-case.ts";

const FOLDER = fileURLToPath(new URL("../../../../shared/data/frappe/", import.meta.url));
const TASKS = ["frappe", "frappe-history"];
const TRAIN_EXAMPLES = 20_000;
const VALID_EXAMPLES = 4_000;
const SEED = 1;

/** Null where Frappe's files are not beside the project. */
export async function frappeCases(candidateCount: number, progress: (line: string) => void): Promise<ServedCase[] | null> {
  if (!existsSync(FOLDER)) return null;
  const cases: ServedCase[] = [];
  for (const name of TASKS) {
    progress(`${name}: a short training`);
    cases.push(await makeCase(name, candidateCount));
  }
  return cases;
}

async function makeCase(name: string, candidateCount: number): Promise<ServedCase> {
  const file = new URL(`../tasks/${name}.json`, import.meta.url);
  const full = parse(Task, JSON.parse(readFileSync(file, "utf8")), "task");
  const task = { ...full, training: { ...full.training, epochs: 1 } };
  const files = { train: `${FOLDER}train.csv.gz`, valid: `${FOLDER}valid.csv.gz` };
  const splits = await loadSplits({ task, seed: SEED, ...files });
  const [train, valid] = [firstOf(splits.train, TRAIN_EXAMPLES), firstOf(splits.valid, VALID_EXAMPLES)];
  const { manifest, weights } = await buildModel({ task, splits: { ...splits, train, valid }, device: "wasm", seed: SEED });
  const request = await requestOf(task, files.valid, candidateCount);
  return { name, manifest: { ...manifest, createdMs: 0, codeCommit: null }, tensors: readSafetensors(weights), ...request };
}

const firstOf = (data: Dataset, count: number): Dataset =>
  selectExamples(
    data,
    Int32Array.from({ length: count }, (_, index) => index),
  );

/** The first record's context, and the first different apps of the file. */
async function requestOf(
  { fields, ...task }: Task,
  file: string,
  candidateCount: number,
): Promise<Pick<ServedCase, "context" | "candidates">> {
  const sideOf = (record: RawRecord, side: string) =>
    Object.fromEntries(
      fields.filter(({ from, kind }) => from === side && kind !== "statistic").map(({ name }) => [name, record[name]]),
    );
  const candidates = new Map<unknown, RawRecord>();
  let context: RawRecord | null = null;
  for await (const record of readRecords(file, { fields, ...task })) {
    context ??= sideOf(record, "context");
    if (candidates.size < candidateCount && !candidates.has(record.item))
      candidates.set(record.item, sideOf(record, "candidate"));
  }
  if (!context || candidates.size < candidateCount) throw new Error(`${file} has fewer than ${candidateCount} apps`);
  return { context, candidates: [...candidates.values()] };
}
