// npm run tune as a user runs it: killed and gone on with, and worth its while.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadSplits } from "../../../training/dataset/load.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { type Finished, runCli } from "./run-cli.ts";
import { visitRows, visitTask, writeVisits } from "./visits-data.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-tune-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { SELVEDGE_STATE_DIR: join(folder, "state"), SELVEDGE_CODE_COMMIT: "0123abc" };
const write = (name: string, value: unknown): string => {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};
const rows = visitRows(4800);
const train = await writeVisits(folder, "train.csv", rows.slice(0, 2400));
const valid = await writeVisits(folder, "valid.csv", rows.slice(2400, 3600));
const test = await writeVisits(folder, "test.csv", rows.slice(3600));
const task = write("visits.json", { ...visitTask(), training: { batchSize: 64, epochs: 6 } });
const space = write("space.json", { "training.learningRate": { log: [1e-5, 1] } });

const tune = (out: string, more: string[] = [], onStderr?: Parameters<typeof runCli>[2]) => {
  const files = ["--task", task, "--train", train, "--valid", valid, "--space", space];
  return runCli(["tune", ...files, "--trials", "9", "--device", "wasm", "--out", join(folder, out), ...more], env, onStderr);
};
interface Row {
  readonly valid: { readonly logloss: number };
  readonly parameters: { readonly "training.learningRate": number };
}
/** But for their times. */
const readRows = (out: string): Row[] =>
  readFileSync(join(folder, out, "trials.ndjson"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), seconds: null }));
let whole: Finished;
beforeAll(async () => {
  whole = await tune("whole");
}, 120_000);

describe("npm run tune", { timeout: 120_000 }, () => {
  it("goes on where it was killed, and ends with the rows of a search that was not", async () => {
    expect(whole.exitCode).toBe(0);
    const killed = await tune("killed", [], (text, child) => {
      if (text.includes("trial 2 |")) child.kill("SIGKILL");
    });
    expect(killed.exitCode).toBeNull();
    expect(readRows("killed").length).toBeLessThan(readRows("whole").length);
    expect(existsSync(join(folder, "killed", "best-task.json"))).toBe(false);
    appendFileSync(join(folder, "killed", "trials.ndjson"), '{"status":"finished","trial":');

    const resumed = await tune("killed");
    expect(resumed.exitCode).toBe(0);
    expect(readRows("killed")).toEqual(readRows("whole"));
    expect(resumed.stderr).not.toContain("| trial 1 |"); // its row was there
    const [killedBest, wholeBest] = ["killed", "whole"].map((out) => readFileSync(join(folder, out, "best-task.json"), "utf8"));
    expect(killedBest).toBe(wholeBest);
  });

  it("prints the trials that came furthest, and the command of the final training, whose model predicts better than the median trial's", async () => {
    const [halving, head, best] = whole.stdout.split("\n");
    expect(halving).toBe("on the validation split; trials x epochs: 9 x 2, 3 x 6");
    expect(head).toMatch(/^trial +epochs +logloss +AUC +seconds +learningRate$/);
    expect(best).toMatch(/^ +\d +6 +0\.\d{5} +0\.\d{5} /);

    const [, command = ""] = /^npm run train -- (.*)$/m.exec(whole.stdout) ?? [];
    expect((await runCli(["train", ...command.split(" "), "--test", test, "--out", join(folder, "run")], env)).exitCode).toBe(0);
    const tuned = JSON.parse(readFileSync(join(folder, "run", "metrics.json"), "utf8"));

    const first = readRows("whole").slice(0, 9);
    const [middle] = first.toSorted((a, b) => a.valid.logloss - b.valid.logloss).slice(4);
    const learningRate = middle?.parameters["training.learningRate"];
    const other = parse(Task, { ...visitTask(), training: { batchSize: 64, epochs: 6, learningRate } });
    const splits = await loadSplits({ task: other, seed: 1, train, valid, test });
    const { metrics } = await buildModel({ task: other, splits, device: "wasm", seed: 1 });
    expect(tuned.served.test.logloss).toBeLessThan((metrics.served.test?.logloss ?? 0) - 0.02);
  });

  it("refuses a space with a misspelt setting, before anything is read or trained", async () => {
    const misspelt = write("misspelt.json", { "training.rate": { log: [1, 2] } });
    const { exitCode, stderr } = await tune("refused", ["--space", misspelt]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error parameter_unknown at space.training.rate: /);
    expect(existsSync(join(folder, "refused"))).toBe(false);
  });
});
