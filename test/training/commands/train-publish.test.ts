// npm run train --publish, against the embedded store: what is printed is what is published, and a dead store is noticed first.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Platform, startPlatform } from "../../../training/local/platform.ts";
import { runCli } from "./run-cli.ts";
import { visitRows, visitTask, writeVisits } from "./visits-data.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-train-publish-"));
const taskFile = join(folder, "visits.json");
writeFileSync(taskFile, JSON.stringify(visitTask()));
const csv = await writeVisits(folder, "visits.csv", visitRows(600));
let platform: Platform;
let env: Record<string, string>;

beforeAll(async () => {
  platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  env = { SELVEDGE_STATE_DIR: folder, SELVEDGE_STORE_ENDPOINT: platform.storeEndpoint };
  const { exitCode } = await runCli(["artifact", "keygen", "--out", join(folder, "keys")], env);
  expect(exitCode).toBe(0);
});
afterAll(async () => {
  await platform.dispose();
  rmSync(folder, { recursive: true });
});

const publish = (out: string, more: Record<string, string> = {}) =>
  runCli(["train", "--task", taskFile, "--data", csv, "--model", "fm", "--publish", "canary", "--out", join(folder, out)], {
    ...env,
    ...more,
  });

describe("npm run train --publish", () => {
  it("publishes on the channel and prints its pointer; the next run's has the next number", { timeout: 60_000 }, async () => {
    const pattern = /published: visits on canary, version ([0-9a-f]{12}), sequence (\d+)/;
    const runs = [await publish("first"), await publish("second")].map(({ stdout }) => pattern.exec(stdout)?.slice(1));
    expect(runs.map((run) => run?.[1])).toEqual(["1", "2"]);
    const { stdout, exitCode } = await runCli(["artifact", "verify", "visits", "--channel", "canary"], env);
    expect(stdout).toContain(runs[1]?.[0]);
    expect(exitCode).toBe(0);
  });

  it("says that the store is out of reach before it trains", { timeout: 60_000 }, async () => {
    const { exitCode, stderr } = await publish("unreachable", {
      SELVEDGE_STORE_ENDPOINT: "http://127.0.0.1:9",
      SELVEDGE_ACCESS_KEY_ID: "id",
      SELVEDGE_SECRET_ACCESS_KEY: "secret",
    });
    expect(stderr).toMatch(/^error store_unreachable at /m);
    expect(stderr).not.toContain("training");
    expect(exitCode).toBe(1);
    expect(existsSync(join(folder, "unreachable"))).toBe(false);
  });
});
