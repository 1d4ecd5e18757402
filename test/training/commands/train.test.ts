// npm run train, end to end: every format and family, the same bytes for the same seed, Ctrl-C, and input that is wrong.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";
import { visitRows, visitTask, writeVisits } from "./visits-data.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { SELVEDGE_STATE_DIR: join(folder, "state"), SOURCE_DATE_EPOCH: "1790000000", SELVEDGE_CODE_COMMIT: "0123abc" };
const path = (name: string) => join(folder, name);
const write = (name: string, content: string): string => {
  writeFileSync(path(name), content);
  return path(name);
};
const readJson = (...parts: string[]) => JSON.parse(readFileSync(join(...parts), "utf8"));
const rows = visitRows(1200);
const taskFile = write("visits.json", JSON.stringify(visitTask()));
const libfmTaskFile = write("visits-libfm.json", JSON.stringify(visitTask({ user: "f0", item: "f1" })));
const csv = await writeVisits(folder, "visits.csv", rows);

/** On wasm unless the arguments say else: what is installed beside it shall decide nothing. */
const train = (...args: string[]) => runCli(["train", "--device", "wasm", ...args], env);

describe("npm run train", () => {
  it.each([
    ["logistic", "visits.csv", taskFile],
    ["fm", "visits.tsv", taskFile],
    ["deepfm", "visits.ndjson.gz", taskFile],
    ["dcn-v2", "visits.libfm", libfmTaskFile],
    ["mlp", "visits.parquet", taskFile],
  ])("trains %s on %s and leaves a complete run", { timeout: 60_000 }, async (family, name, task) => {
    const data = await writeVisits(folder, name, rows);
    const out = path(`run-${family}`);
    const { exitCode, stdout, stderr } = await train("--task", task, "--data", data, "--model", family, "--out", out);
    expect(stderr).not.toContain("error");
    expect(exitCode).toBe(0);
    expect(readdirSync(out).sort()).toEqual([
      "artifact",
      "config.json",
      "feature-map.json",
      "log.ndjson",
      "metrics.json",
      "model-card.md",
      "report.html",
    ]);
    expect(readdirSync(join(out, "artifact")).sort()).toEqual(["manifest.json", "weights.safetensors"]);
    expect(readJson(out, "artifact", "manifest.json").family).toBe(family);
    const { float, served, samplesPerSecond, wallSeconds } = readJson(out, "metrics.json");
    for (const metrics of [float.valid, float.test, served.valid, served.test]) {
      expect(Object.keys(metrics).sort()).toEqual(["auc", "ece", "examples", "logloss", "prAuc"]);
    }
    expect(float.valid.examples + float.test.examples).toBeLessThan(rows.length / 2);
    if (family !== "logistic") expect(served.test.auc).toBeGreaterThan(0.7); // who likes what takes both fields at once
    expect(Math.abs(served.test.auc - float.test.auc)).toBeLessThan(0.01);
    expect(samplesPerSecond).toBeGreaterThan(0);
    expect(wallSeconds).toBeGreaterThanOrEqual(0);
    expect(stdout).toMatch(/served int8\s+test\s+\d+\s+0\.\d{5}/);
    expect(stdout).toContain(`run: ${out}`);
    expect(stderr).toMatch(/epoch 1\/8 \| [\d,]+ samples\/s \| loss \d/);
  });

  it("trains two towers, and says what they retrieve", { timeout: 60_000 }, async () => {
    const { model, ...rest } = visitTask();
    const towers = { ...rest, model: { ...model, family: "two-tower", itemField: "item", towerDimension: 4 } };
    const out = path("run-two-tower");
    const { exitCode, stdout } = await train("--task", write("towers.json", JSON.stringify(towers)), "--data", csv, "--out", out);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/recall of the best 1: valid 0\.\d{4}, the most popular items 0\.\d{4}; test /);
    expect(readJson(out, "artifact", "manifest.json").featureMap.fields).toHaveLength(1); // the context's
    const { recall, served, float, importance } = readJson(out, "metrics.json");
    expect(recall).toMatchObject({ retrieved: 1 });
    expect(served.test.auc).toBeGreaterThan(0.7);
    expect(Math.abs(served.test.auc - float.test.auc)).toBeLessThan(0.02);
    expect(importance.fields.map(({ field }: { field: string }) => field).sort()).toEqual(["item", "user"]);
    const { architecture, family } = readJson(out, "artifact", "manifest.json");
    expect([family, architecture.retrieval.items]).toEqual(["two-tower", 9]);
    expect((await runCli(["artifact", "verify", out], env)).exitCode).toBe(0);
  });

  it("leaves an artifact that `npm run artifact` verifies", { timeout: 60_000 }, async () => {
    const out = path("run-verified");
    await train("--task", taskFile, "--train", csv, "--valid", csv, "--model", "fm", "--out", out);
    const { exitCode, stderr } = await runCli(["artifact", "verify", out], env);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(readJson(out, "metrics.json").served.test).toBeNull();
  });

  it("gives the same bytes for the same seed, and others for another", { timeout: 120_000 }, async () => {
    const run = async (out: string, seed: string) => {
      const { exitCode } = await train("--task", taskFile, "--data", csv, "--seed", seed, "--out", path(out));
      expect(exitCode).toBe(0);
      return ["artifact/manifest.json", "artifact/weights.safetensors"].map((name) => readFileSync(join(path(out), name)));
    };
    const [first, again, other] = [await run("seed-a", "5"), await run("seed-b", "5"), await run("seed-c", "6")];
    expect(again).toEqual(first);
    expect(other[1]).not.toEqual(first[1]);
  });

  it("trains the built-in purchase task, and names the run by itself", { timeout: 60_000 }, async () => {
    const lines = Array.from({ length: 400 }, (_, i) => {
      const [age, income, minutes] = [18 + (i % 60), 20_000 + ((i * 977) % 80_000), (i * 13) % 40];
      return `${age},${income},${minutes},${income / 1000 + minutes > 75 ? 1 : 0}`;
    });
    const data = write("purchase.csv", ["age,income,timeOnSite,bought", ...lines, ""].join("\n"));
    const { exitCode, stdout } = await train("--task", "purchase", "--data", data, "--device", "auto");
    expect(exitCode).toBe(0);
    const [, out = ""] = /run: (.*)/.exec(stdout) ?? [];
    expect(readJson(out, "config.json").task.model.hidden).toEqual([10, 10]);
    expect(readJson(out, "metrics.json").served.test.auc).toBeGreaterThan(0.9);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "leaves only a checkpoint behind on %s and exits 130",
    { timeout: 60_000 },
    async (signal) => {
      const patient = { ...visitTask(), training: { epochs: 1_000_000, patience: 1_000_000, batchSize: 64 } };
      const parent = path(`stopped-${signal}`);
      mkdirSync(parent);
      const args = [
        "train",
        "--device",
        "wasm",
        "--task",
        write("patient.json", JSON.stringify(patient)),
        "--data",
        csv,
        "--out",
        join(parent, "run"),
      ];
      let signalled = false;
      const { exitCode, stderr } = await runCli(args, env, (text, child) => {
        if (signalled || !text.includes("epoch ")) return;
        signalled = child.kill(signal);
      });
      expect(exitCode).toBe(130);
      expect(stderr).toContain("interrupted");
      expect(readdirSync(parent)).toEqual([".run.checkpoint"]);
    },
  );
});

describe("npm run train refuses", () => {
  const task = (changes: object) => write("changed.json", JSON.stringify({ ...visitTask(), ...changes }));
  const cases: [string, () => { args: string[]; code: string; at: string }][] = [
    [
      "an empty file",
      () => ({ args: ["--task", taskFile, "--data", write("empty.csv", "")], code: "file_empty", at: path("empty.csv") }),
    ],
    [
      "a file with a header and no rows",
      () => ({
        args: ["--task", taskFile, "--data", write("bare.csv", "user,item,clicked\n")],
        code: "file_empty",
        at: path("bare.csv"),
      }),
    ],
    [
      "a label that is not 0 or 1",
      () => ({
        args: ["--task", taskFile, "--data", write("label.csv", "user,item,clicked\nu1,i1,1\nu2,i2,maybe\n")],
        code: "label_not_binary",
        at: `${path("label.csv")}:3`,
      }),
    ],
    [
      "a line that is short of a column",
      () => ({
        args: ["--task", taskFile, "--data", write("short.csv", "user,item,clicked\nu1,i1,1\nu2,i2\n")],
        code: "row_too_short",
        at: `${path("short.csv")}:3`,
      }),
    ],
    [
      "a field that the data lack",
      () => ({
        args: ["--task", task({ fields: [{ kind: "categorical", name: "colour", from: "context" }] }), "--data", csv],
        code: "field_missing_in_data",
        at: "fields[0].name",
      }),
    ],
    ["a task that is not built in", () => ({ args: ["--task", "weather", "--data", csv], code: "task_unknown", at: "task" })],
    [
      "a task file that is not JSON",
      () => ({ args: ["--task", write("broken.json", "{"), "--data", csv], code: "json_malformed", at: "" }),
    ],
    [
      "a task file with a field of unknown kind",
      () => ({
        args: ["--task", task({ fields: [{ kind: "smell", name: "user", from: "context" }] }), "--data", csv],
        code: "invalid_union",
        at: "fields[0].kind",
      }),
    ],
    ["no data at all", () => ({ args: ["--task", taskFile], code: "data_missing", at: "data" })],
    [
      "a file that is not there",
      () => ({ args: ["--task", taskFile, "--data", path("none.csv")], code: "file_not_found", at: path("none.csv") }),
    ],
    [
      "to publish without a key",
      () => ({ args: ["--task", taskFile, "--data", csv, "--publish", "stable"], code: "key_missing", at: "" }),
    ],
    [
      "a device that is not installed",
      () => ({ args: ["--task", taskFile, "--data", csv, "--device", "node-gpu"], code: "device_unavailable", at: "device" }),
    ],
  ];

  it.each(cases)("%s, in one line with its code and path", { timeout: 30_000 }, async (_, prepare) => {
    const { args, code, at } = prepare();
    const out = path("refused");
    const { exitCode, stderr } = await train(...args, "--out", out);
    const line = stderr.split("\n").find((text) => text.startsWith("error ")) ?? stderr;
    expect(line).toMatch(/^error [a-z_]+( at [^ ]+)?: ./);
    expect(line.startsWith(`error ${code}${at && ` at ${at}`}`), line).toBe(true);
    expect(exitCode).toBe(1);
    expect(existsSync(out)).toBe(false);
  });

  it("a folder that is in use, before it reads any data", { timeout: 30_000 }, async () => {
    const { exitCode, stderr } = await train("--task", taskFile, "--data", path("none.csv"), "--out", folder);
    expect(stderr).toContain("error run_exists at out: ");
    expect(exitCode).toBe(1);
  });
});
