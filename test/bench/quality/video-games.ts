// Amazon Video Games: which of two items comes next? The families over the history beside an MLP that sees but the mean of it.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { type Family, HistoryFamily } from "../../../shared/tasks/family.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadParts, type Splits } from "../../../training/dataset/load.ts";
import type { Part, SplitName } from "../../../training/dataset/record-source.ts";
import type { DeviceChoice } from "../../../training/engine/device.ts";
import { Random } from "../../../training/engine/random.ts";
import { trainModel } from "../../../training/engine/train-model.ts";
import { fitCalibration } from "../../../training/evaluate/fit-calibration.ts";
import { evaluateLogits } from "../../../training/evaluate/split-metrics.ts";
import type { BenchOptions } from "../benchmark.ts";
import type { QualityRow } from "./quality-row.ts";

const FILE = fileURLToPath(new URL("../../../../shared/data/sasrec-video/Video.txt.gz", import.meta.url));
const SEED = 1;
/** The items rated most: of the others there are too few examples to learn from. */
const ITEM_COUNT = 1000;
/** Training items of a visitor: as in validation and testing, the avid should not outweigh the others. */
const TRAIN_ITEMS = 3;

/** The Transformer's layers, normalised after each, learn nothing here with dropout between them, or at the others' rate. */
const SETTINGS: Readonly<Partial<Record<Family, { readonly learningRate: number; readonly dropout: number }>>> = {
  transformer: { learningRate: 0.001, dropout: 0 },
};

/** Null where its file is not beside the project. */
export async function measureVideoGames({ quick, device, progress }: BenchOptions): Promise<QualityRow[] | null> {
  if (!existsSync(FILE)) return null;
  const splits = await loadParts(taskOf("mlp"), readParts());
  const rows: QualityRow[] = [];
  for (const family of quick ? (["mlp"] as const) : (["mlp", ...HistoryFamily.options] as const)) {
    progress(`Video games: ${family}`);
    rows.push(await measureFamily(family, splits, device));
  }
  return rows;
}

function taskOf(family: Family): Task {
  const { learningRate, dropout } = SETTINGS[family] ?? { learningRate: 0.01, dropout: 0.2 };
  return parse(Task, {
    name: "next-item",
    label: "next",
    fields: [
      { kind: "sequence", name: "history", from: "context", maxLength: 5 },
      { kind: "categorical", name: "item", from: "candidate" },
    ],
    model: { family, embeddingDimension: 16, hidden: [64, 32], attentionLayers: 1, dropout },
    training: { learningRate, batchSize: 256, epochs: 12, patience: 3, l2Embedding: 1e-5 },
  });
}

async function measureFamily(family: Family, { test, ...splits }: Splits, device: DeviceChoice): Promise<QualityRow> {
  if (!test) throw new Error("the splits have a test part");
  const { predict, wallSeconds } = await trainModel({ task: taskOf(family), ...splits, device, seed: SEED });
  const calibration = fitCalibration(await predict(splits.valid), splits.valid.labels);
  const { auc, prAuc, logloss, ece } = evaluateLogits(await predict(test), calibration, test);
  const figures = { auc: auc ?? Number.NaN, prAuc: prAuc ?? Number.NaN, logloss, ece }; // both classes are there
  return { data: "Video games, next item", model: family, form: "float", ...figures, published: "", seconds: wallSeconds };
}

/** A visitor's last item is for testing, the one before it for validation, some before that for training. */
function readParts(): Part[] {
  const visitors = readHistories();
  const random = new Random(SEED);
  const eventsOf = (split: SplitName) =>
    visitors.flatMap((items) => {
      const end = items.length;
      const [first, last] = {
        train: [Math.max(1, end - 2 - TRAIN_ITEMS), end - 2],
        valid: [end - 2, end - 1],
        test: [end - 1, end],
      }[split] as [number, number]; // all three
      return Array.from({ length: last - first }, (_, index) => ({ items, at: first + index }));
    });
  return (["train", "valid", "test"] as const).map((split) => {
    const events = eventsOf(split);
    const nextItems = events.map(({ items, at }) => items[at]);
    const records = events.flatMap(({ items, at }) => {
      const history = items.slice(0, at);
      const other = () => nextItems[random.uint32() % nextItems.length] as string; // within
      let negative = other(); // as popular as a next item is, so that popularity says nothing
      while (items.includes(negative)) negative = other();
      return [
        { history, item: items[at], next: 1 },
        { history, item: negative, next: 0 },
      ];
    });
    return {
      split,
      source: async function* () {
        yield* records;
      },
    };
  });
}

/** The items of each visitor in time order, of which there are at least four. */
function readHistories(): string[][] {
  const rows = gunzipSync(readFileSync(FILE)).toString().trim().split("\n");
  const pairs = rows.map((row) => row.split(" ") as [visitor: string, item: string]); // two columns
  const ratings = Map.groupBy(pairs, ([, item]) => item);
  const popular = [...ratings].sort(([, a], [, b]) => b.length - a.length).slice(0, ITEM_COUNT);
  const kept = new Set(popular.map(([item]) => item));
  const byVisitor = Map.groupBy(
    pairs.filter(([, item]) => kept.has(item)),
    ([visitor]) => visitor,
  );
  return [...byVisitor.values()].map((own) => own.map(([, item]) => item)).filter((items) => items.length >= 4);
}
