// What an interrupted run leaves behind: found by its folder, taken up only as it was begun.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { tensorOf } from "../../../training/engine/checkpoint.ts";
import {
  checkpointFolderOf,
  digestFiles,
  type InterruptedRun,
  isInterrupted,
  openRunCheckpoint,
  readInterruptedRun,
} from "../../../training/jobs/run-checkpoint.ts";
import { visitTask } from "../commands/visits-data.ts";

const parent = mkdtempSync(join(tmpdir(), "selvedge-checkpoint-"));
afterAll(() => rmSync(parent, { recursive: true }));

const run: InterruptedRun = {
  version: 1,
  task: parse(Task, visitTask()),
  files: { data: ["a.csv"] },
  digests: ["data:00"],
  seed: 1,
  windowMiB: 128,
  device: "wasm",
  codeCommit: "0123abc",
  node: "v22.0.0",
  channel: null,
};
const tensors = new Map([["a", tensorOf(Float32Array.of(1))]]);

async function interrupt(name: string): Promise<string> {
  const folder = join(parent, name);
  await (await openRunCheckpoint(folder, run, false)).slot("model").write(tensors);
  return folder;
}

describe("a run's checkpoint", () => {
  it("appears with the first thing that is kept, beside the run's folder, and goes as a whole", async () => {
    const folder = join(parent, "fresh");
    const checkpoint = await openRunCheckpoint(folder, run, false);
    expect(await isInterrupted(folder)).toBe(false);
    expect(await checkpoint.slot("model").read()).toBeNull();
    await checkpoint.slot("model").write(tensors);
    expect(await isInterrupted(folder)).toBe(true);
    expect(readdirSync(join(parent, ".fresh.checkpoint")).sort()).toEqual(["model.safetensors", "run.json"]);
    expect(await readInterruptedRun(folder)).toEqual(run);
    await checkpoint.remove();
    expect(existsSync(checkpointFolderOf(folder))).toBe(false);
  });

  it("is taken up by the same run alone", async () => {
    const folder = await interrupt("same");
    const { slot } = await openRunCheckpoint(folder, { ...run, files: { data: ["moved.csv"] }, channel: "canary" }, true);
    expect(await slot("model").read()).toEqual(tensors);
    await expect(openRunCheckpoint(folder, run, false)).rejects.toMatchObject({ code: "run_interrupted", path: "out" });
  });

  it.each<[string, Partial<InterruptedRun>]>([
    ["task", { task: parse(Task, { ...visitTask(), model: { hidden: [9] } }) }],
    ["data", { digests: ["data:01"] }],
    ["seed", { seed: 2 }],
    ["window", { windowMiB: 1 }],
    ["device", { device: "cpu" }],
    ["code commit", { codeCommit: null }],
    ["Node version", { node: "v24.0.0" }],
  ])("of another %s is refused by that name", async (name, changes) => {
    const folder = await interrupt(name.replace(" ", "-"));
    const resumed = openRunCheckpoint(folder, { ...run, ...changes }, true);
    await expect(resumed).rejects.toMatchObject({ code: "checkpoint_mismatch", path: name });
  });

  it("that is not there, or damaged, is refused", async () => {
    const missing = readInterruptedRun(join(parent, "none"));
    await expect(missing).rejects.toMatchObject({ code: "checkpoint_missing", path: "resume" });
    const folder = await interrupt("damaged");
    const path = join(checkpointFolderOf(folder), "run.json");
    const text = readFileSync(path, "utf8");
    for (const damaged of ["", "null", text.slice(0, -20), text.replace('"version": 1', '"version": 2')]) {
      writeFileSync(path, damaged);
      await expect(readInterruptedRun(folder)).rejects.toMatchObject({ code: "checkpoint_unusable", path });
    }
  });
});

it("data are told by their content and role, not by their names, packed or not", async () => {
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(parent, name), content);
    return join(parent, name);
  };
  const [a, packed, b] = [write("a.csv", "x"), write("a2.csv.gz", gzipSync("x")), write("b.csv", "y")];
  expect(await digestFiles({ train: a, valid: b })).toEqual(await digestFiles({ train: packed, valid: b }));
  expect(await digestFiles({ train: a, valid: b })).not.toEqual(await digestFiles({ train: b, valid: a }));
  expect(await digestFiles({ data: [a] })).not.toEqual(await digestFiles({ train: a }));
});
