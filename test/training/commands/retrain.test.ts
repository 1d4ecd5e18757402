// npm run retrain against the embedded store: a refusal says why and exits 0; a wrong address is an error, at once.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Platform, startPlatform } from "../../../training/local/platform.ts";
import { runCli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-retrain-command-"));
let platform: Platform;
let env: Record<string, string>;

beforeAll(async () => {
  platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  env = { SELVEDGE_STATE_DIR: folder, SELVEDGE_STORE_ENDPOINT: platform.storeEndpoint };
  await runCli(["artifact", "keygen", "--out", join(folder, "keys")], env);
});
afterAll(async () => {
  await platform.dispose();
  rmSync(folder, { recursive: true });
});

describe("npm run retrain", { timeout: 60_000 }, () => {
  it("says why it published nothing, and exits 0", async () => {
    const { exitCode, stdout } = await runCli(["retrain", "--task", "ad-click"], env);
    expect(stdout).toContain("refused: too_few_examples");
    expect(stdout).toMatch(/^run: .*retrain-ad-click-\d+T\d+Z$/m);
    expect(exitCode).toBe(0);
  });

  it.each([
    [
      "a store that is not there",
      [],
      { SELVEDGE_STORE_ENDPOINT: "http://127.0.0.1:9/cdn-cgi/local/r2/s3" },
      "error store_unreachable",
    ],
    ["a task that is not there", ["--task", "nothing"], {}, "error task_unknown at task"],
    ["a time that is none", ["--since", "yesterday"], {}, "expected a time like"],
    ["a window of no minutes", ["--window-minutes", "0"], {}, "expected a whole number"],
  ])("exits 1 for %s", async (_, args, more, message) => {
    const { exitCode, stderr } = await runCli(["retrain", ...args], { ...env, ...more });
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  });
});
