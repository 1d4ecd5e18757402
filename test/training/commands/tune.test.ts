// npm run tune as a user runs it: killed and gone on with, and worth its while.
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { median } from "../../bench/median.ts";
import { runCli } from "./run-cli.ts";
import { visitRows, visitTask, writeVisits } from "./visits-data.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-tune-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { SELVEDGE_STATE_DIR: join(folder, "state"), SELVEDGE_CODE_COMMIT: "0123abc" };
const write = (name: string, value: unknown): string => {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};
const rows = visitRows(1600);
const train = await writeVisits(folder, "train.csv", rows.slice(0, 800));
const valid = await writeVisits(folder, "valid.csv", rows.slice(800, 1200));
const test = await writeVisits(folder, "test.csv", rows.slice(1200));
const task = write("visits.json", { ...visitTask(), training: { batchSize: 64, epochs: 6 } });
const space = write("space.json", { "training.learningRate": { log: [1e-5, 1] } });

const tune = (out: string, more: string[] = [], onStderr?: Parameters<typeof runCli>[2]) => {
  const files = ["--task", task, "--train", train, "--valid", valid, "--space", space];
  return runCli(["tune", ...files, "--trials", "9", "--device", "wasm", "--out", join(folder, out), ...more], env, onStderr);
};
const readRows = (out: string): { parameters: { "training.learningRate": number }; [name: string]: unknown }[] =>
  readFileSync(join(folder, out, "trials.ndjson"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), seconds: null }));

describe("npm run tune", { timeout: 120_000 }, () => {
  it("goes on where it was killed, and ends with the rows of a search that was not", async () => {
    const whole = await tune("whole");
    expect(whole.exitCode).toBe(0);
    const killed = await tune("killed", [], (text, child) => {
      if (text.includes("trial 4 |")) child.kill("SIGKILL");
    });
    expect(killed.exitCode).toBeNull();
    expect(readRows("killed").length).toBeLessThan(readRows("whole").length);
    expect(existsSync(join(folder, "killed", "best-task.json"))).toBe(false);
    appendFileSync(join(folder, "killed", "trials.ndjson"), '{"status":"finished","trial":');

    const resumed = await tune("killed");
    expect(resumed.exitCode).toBe(0);
    expect(readRows("killed")).toEqual(readRows("whole"));
    expect(resumed.stderr).not.toContain("| trial 1 |");
    const [killedBest, wholeBest] = ["killed", "whole"].map((out) => readFileSync(join(folder, out, "best-task.json"), "utf8"));
    expect(killedBest).toBe(wholeBest);
    expect(resumed.stdout.split("\n").slice(0, 2)).toEqual([
      "on the validation split; trials x epochs: 9 x 2, 3 x 6",
      expect.stringMatching(/^trial +epochs +logloss +AUC +seconds +learningRate$/),
    ]);
  });

  it("finds settings that predict better than those of the median trial, on data that it never saw", async () => {
    await tune("whole");
    const median9 = median(
      readRows("whole")
        .slice(0, 9)
        .map(({ parameters }) => parameters["training.learningRate"]),
    );
    const other = write("median.json", { ...visitTask(), training: { batchSize: 64, epochs: 6, learningRate: median9 } });
    const loglossOf = async (file: string, out: string): Promise<number> => {
      const files = ["--task", file, "--train", train, "--valid", valid, "--test", test, "--device", "wasm"];
      await runCli(["train", ...files, "--out", join(folder, out)], env);
      return JSON.parse(readFileSync(join(folder, out, "metrics.json"), "utf8")).served.test.logloss;
    };
    const best = await loglossOf(join(folder, "whole", "best-task.json"), "run-best");
    expect(best).toBeLessThan((await loglossOf(other, "run-median")) - 0.02);
  });

  it("prints the command of the final training, which runs as it is", async () => {
    const { stdout } = await tune("whole");
    const [, command = ""] = /^npm run train -- (.*)$/m.exec(stdout) ?? [];
    expect(command).toContain(`--task ${join(folder, "whole", "best-task.json")} --train ${train} --valid ${valid}`);
    const { exitCode } = await runCli(["train", ...command.split(" "), "--out", join(folder, "run-printed")], env);
    expect(exitCode).toBe(0);
  });

  it.each([
    [
      "a space with a misspelt setting",
      ["--space", write("bad.json", { "training.rate": { log: [1, 2] } })],
      "parameter_unknown at space.training.rate",
    ],
    [
      "a value that no task takes",
      ["--space", write("high.json", { "model.dropout": { choice: [2] } })],
      "too_big at space.model.dropout.choice[0]",
    ],
    ["a space that is not there", ["--space", join(folder, "none.json")], "file_missing at"],
    ["another seed in the same folder", ["--seed", "2"], "search_differs at seed"],
    ["other data in the same folder", ["--valid", test], "search_differs at data"],
  ])("refuses %s, before anything is trained", async (_, more, message) => {
    await tune("whole");
    const { exitCode, stderr } = await tune("whole", more);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`error ${message}`);
    expect(stderr).not.toContain("training...");
  });
});
