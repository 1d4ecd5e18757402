// The importers on public data sets, where a copy lies beside the project.
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { hashText } from "../../../shared/features/hash.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadSplits } from "../../../training/dataset/load.ts";

const pathOf = (name: string) => new URL(`../../../../shared/data/${name}`, import.meta.url).pathname;
const range = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);
const categorical = (names: readonly string[]) => names.map((name) => ({ kind: "categorical", name, from: "context" }));
const numeric = (names: readonly string[]) => names.map((name) => ({ kind: "numeric", name, from: "context", transform: "log" }));

const frappeFields = "user,item,daytime,weekday,isweekend,homework,cost,weather,country,city".split(",");
const AVAZU =
  "id,click,hour,C1,banner_pos,site_id,site_domain,site_category,app_id,app_domain,app_category,device_id,device_ip," +
  "device_model,device_type,device_conn_type,C14,C15,C16,C17,C18,C19,C20,C21";
const avazuColumns = AVAZU.split(",");
const SETS = {
  frappe: {
    files: ["train", "valid", "test"].map((name) => `frappe/${name}.csv.gz`),
    task: { fields: categorical(frappeFields) },
    counts: [202_027, 57_722, 28_860],
    rows: 5382 + 2 * frappeFields.length,
  },
  criteo: {
    files: ["train", "dev", "test"].map((name) => `criteo-small/lapis_${name}.csv.gz`),
    task: {
      columns: ["label", ...range("I", 1, 13), ...range("C", 1, 26)],
      fields: [...numeric(range("I", 1, 13)), ...categorical(range("C", 1, 26))],
    },
    counts: [7200, null, null],
    rows: null,
  },
  avazu: {
    files: ["train", "dev", "test"].map((name) => `avazu-small/lapis_${name}.csv.gz`),
    // The training file has a header, the others have none.
    task: { label: "click", columns: avazuColumns, fields: categorical(avazuColumns.slice(2)) },
    counts: [8087, null, null],
    rows: null,
  },
};

describe("importers", () => {
  for (const [name, { files, task, counts, rows }] of Object.entries(SETS)) {
    const [train, valid, test] = files.map(pathOf);
    it.skipIf(!existsSync(train ?? ""))(`load ${name} (needs ../shared/data/${name}, see README)`, async () => {
      const parsed = parse(Task, { name, label: "label", ...task });
      const splits = await loadSplits({ task: parsed, seed: 1, train, valid, test });
      [splits.train, splits.valid, splits.test].forEach((split, index) => {
        const count = counts[index] ?? split?.labels.length;
        expect(split?.labels.length).toBe(count);
        expect(split?.labels.length).toBeGreaterThan(0);
        expect(split?.context.offsets.length).toBe((split?.labels.length ?? 0) * parsed.fields.length + 1);
        expect(split?.labels.includes(0) && split.labels.includes(1)).toBe(true);
      });
      if (rows !== null) expect(splits.featureMap.rowCount).toBeLessThanOrEqual(rows);
    });
  }
});

describe("hashText", () => {
  const file = pathOf("vectors/hash-vectors.json.gz");
  it.skipIf(!existsSync(file))("equals published vectors (needs ../shared/data/vectors, see README)", () => {
    const vectors = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8"));
    const all: { text: string; seed: number; x86_32: number }[] = [...vectors.murmur3_go, ...vectors.murmur3_js];
    expect(all.length).toBeGreaterThan(10);
    for (const { text, seed, x86_32 } of all) expect(hashText(text, seed)).toBe(x86_32);
  });
});
