// The data that the quantization benchmark trains on: simulated markets, whose data are always there, and Frappe where it is.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RawRecord } from "../../../shared/features/encode.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { adClick } from "../../../shared/tasks/ad-click.ts";
import { Task } from "../../../shared/tasks/task.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { loadParts, loadSplits, type Splits } from "../../../training/dataset/load.ts";
import type { RecordSource } from "../../../training/dataset/record-source.ts";
import { simulatedExamples } from "../../../training/simulate/examples.ts";
import { assessmentCrowd, HISTORY_VISITORS, historyCrowd } from "../../../training/simulate/history.ts";
import { createMarket } from "../../../training/simulate/market.ts";
import type { Crowd } from "../../../training/simulate/visits.ts";

export interface Source {
  readonly name: string;
  readonly task: Task;
  load(): Promise<Splits<Dataset>>;
}

/** Visitors of the week after the history: about 77,000 impressions. */
const TEST_VISITORS = 20_000;
const NOW_MS = Date.UTC(2026, 10, 23);
const TRAIN_SHARE = 0.9;

const FRAPPE_FOLDER = fileURLToPath(new URL("../../../../shared/data/frappe/", import.meta.url));
const FRAPPE_TASK = new URL("../tasks/frappe.json", import.meta.url);

/** The market of a seed: two weeks of history, their newest tenth for validation, and other visitors of the week after. */
export function simulatedMarket(seed: number): Source {
  return {
    name: `simulator, market ${seed}`,
    task: adClick,
    load() {
      const market = createMarket(seed);
      const history = recordsOf(historyCrowd(market, HISTORY_VISITORS, NOW_MS));
      const validFrom = Math.floor(history.length * TRAIN_SHARE);
      return loadParts(adClick, [
        { source: sourceOf(history), split: (_, index) => (index < validFrom ? "train" : "valid") },
        { source: sourceOf(recordsOf(assessmentCrowd(market, TEST_VISITORS, NOW_MS))), split: "test" },
      ]);
    },
  };
}

function recordsOf(crowd: Crowd): RawRecord[] {
  return Array.from(simulatedExamples(crowd), ({ record }) => record);
}

function sourceOf(records: readonly RawRecord[]): RecordSource {
  return async function* () {
    yield* records;
  };
}

/** Null where its files are not beside the project. */
export function frappe(): Source | null {
  if (!existsSync(FRAPPE_FOLDER)) return null;
  const task = parse(Task, JSON.parse(readFileSync(FRAPPE_TASK, "utf8")), "task");
  const fileOf = (split: string) => `${FRAPPE_FOLDER}${split}.csv.gz`;
  const files = { train: fileOf("train"), valid: fileOf("valid"), test: fileOf("test") };
  return { name: "Frappe", task, load: () => loadSplits({ task, seed: 1, ...files }) };
}
