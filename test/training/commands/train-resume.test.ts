// npm run train, killed and resumed: the artifact is that of a run that nobody disturbed, to the last byte.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";
import { visitRows, visitTask, writeVisits } from "./visits-data.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-resume-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { SELVEDGE_STATE_DIR: join(folder, "state"), SOURCE_DATE_EPOCH: "1790000000", SELVEDGE_CODE_COMMIT: "0123abc" };
const path = (name: string) => join(folder, name);
const csv = await writeVisits(folder, "visits.csv", visitRows(1200));
const training = { learningRate: 0.02, batchSize: 16, epochs: 12, patience: 12, l2Embedding: 1e-4 };
const model = { embeddingDimension: 4, hidden: [16], dropout: 0.2, batchNorm: true };
const writeTask = (name: string, changes: object): string => {
  writeFileSync(path(name), JSON.stringify({ ...visitTask(), model, training, ...changes }));
  return path(name);
};
const plain = writeTask("plain.json", {});
const teachers = [{ model: { ...model, family: "fm" }, training, seeds: 2 }];
const taught = writeTask("taught.json", { teachers });

const train = (...args: string[]) => runCli(["train", ...args], env);
const artifactOf = (out: string): Buffer[] =>
  ["manifest.json", "weights.safetensors"].map((name) => readFileSync(join(out, "artifact", name)));
const checkpointOf = (out: string): string => path(`.${out}.checkpoint`);

/** Trains until the named part of the run has been kept for the `times`-th time, and sends the signal then. */
async function interrupt(signal: NodeJS.Signals, task: string, out: string, part: string, times = 1) {
  let left = times;
  const files = watch(folder, { recursive: true });
  const finished = runCli(["train", "--task", task, "--data", csv, "--device", "wasm", "--out", path(out)], env, (_, child) => {
    if (files.listenerCount("change") > 0) return;
    files.on("change", (_, name) => {
      const kept = join(checkpointOf(out), part);
      if (String(name).endsWith(`${out}.checkpoint/${part}`) && existsSync(kept) && --left === 0) child.kill(signal);
    });
  });
  return finished.finally(() => files.close());
}

describe("npm run train --resume", { timeout: 300_000 }, () => {
  beforeAll(() => train("--task", plain, "--data", csv, "--device", "wasm", "--out", path("whole")), 60_000);

  it("goes on after SIGKILL as if there had been none, and leaves no checkpoint", async () => {
    const killed = await interrupt("SIGKILL", plain, "killed", "model.safetensors", 2);
    expect(killed.exitCode).toBeNull();
    expect(existsSync(path("killed"))).toBe(false);
    expect(statSync(join(checkpointOf("killed"), "model.safetensors")).size).toBeGreaterThan(1000);

    const { exitCode, stdout, stderr } = await train("--resume", path("killed"));
    expect(stderr).not.toContain("error");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`run: ${path("killed")}`);
    expect(artifactOf(path("killed"))).toEqual(artifactOf(path("whole")));
    expect(existsSync(checkpointOf("killed"))).toBe(false);
    const epochs = readFileSync(join(path("killed"), "log.ndjson"), "utf8").matchAll(/"event":"epoch","epoch":(\d+)/g);
    expect([...epochs].map(([, epoch]) => Number(epoch))).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it("goes on from the step at which SIGTERM came, and says how before", async () => {
    const { exitCode, stderr } = await interrupt("SIGTERM", plain, "stopped", "model.safetensors");
    expect(exitCode).toBe(130);
    expect(stderr).toContain(`npm run train -- --resume ${path("stopped")}`);
    expect((await train("--resume", path("stopped"), "--task", plain, "--data", csv, "--seed", "1")).exitCode).toBe(0);
    expect(artifactOf(path("stopped"))).toEqual(artifactOf(path("whole")));
  });

  it("trains no teacher again that was done", async () => {
    await train("--task", taught, "--data", csv, "--device", "wasm", "--out", path("whole-taught"));
    const killed = await interrupt("SIGKILL", taught, "taught", "teacher-2-2-fold-1.safetensors");
    expect(killed.exitCode).toBeNull();
    const kept = readdirSync(checkpointOf("taught")).filter((name) => !name.endsWith(".partial"));
    expect(kept.sort()).toEqual(["run.json", "teacher-1-2-fold-1-logits.safetensors", "teacher-2-2-fold-1.safetensors"]);
    const { exitCode, stderr } = await train("--resume", path("taught"));
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain("teacher 1/2");
    expect(stderr).toContain("teacher 2/2");
    expect(artifactOf(path("taught"))).toEqual(artifactOf(path("whole-taught")));
  });

  it("refuses what would not give the same bytes, and damage, by name", async () => {
    await interrupt("SIGTERM", plain, "kept", "model.safetensors");
    const refusals = [
      [["--resume", path("kept"), "--seed", "2"], "checkpoint_mismatch at seed"],
      [["--resume", path("kept"), "--device", "cpu"], "checkpoint_mismatch at device"],
      [["--data", csv], "task_missing at task"],
      [["--task", plain, "--data", csv, "--out", path("kept")], "run_interrupted at out"],
    ] as const;
    for (const [args, error] of refusals) {
      const { exitCode, stderr } = await train(...args);
      expect(stderr).toContain(`error ${error}: `);
      expect(exitCode).toBe(1);
    }
    const file = join(checkpointOf("kept"), "model.safetensors");
    truncateSync(file, statSync(file).size - 1);
    const { exitCode, stderr } = await train("--resume", path("kept"));
    expect(stderr).toContain(`error checkpoint_unusable at ${file}: `);
    expect(exitCode).toBe(1);
  });
});
