// npm run train on the devices that are optional: the engine's check, a short training beside the wasm device's, and a clean exit.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyAbsent } from "../engine/installed-devices.ts";
import { runCli } from "./run-cli.ts";
import { visitRows, visitTask, writeVisits } from "./visits-data.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-devices-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DEVICES = (["node", "webgpu"] as const).map((name) => ({ name, absent: whyAbsent(name) }));

/** What one run left: its metrics, epoch by epoch, and its end. */
async function train(device: string) {
  const out = join(folder, device);
  const files = ["--task", join(folder, "visits.json"), "--data", join(folder, "visits.csv")];
  const { exitCode, stderr } = await runCli(["train", ...files, "--device", device, "--model", "deepfm", "--out", out]);
  expect(stderr).not.toMatch(/^error /m); // TensorFlow itself may tell of "round-off errors", as it does on some processors
  expect(exitCode).toBe(0);
  const log = readFileSync(join(out, "log.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { losses: log.filter(({ event }) => event === "epoch").map(({ trainLogloss }) => trainLogloss), built: log.at(-1) };
}

describe.skipIf(DEVICES.every(({ absent }) => absent))("npm run train --device", () => {
  let reference: Awaited<ReturnType<typeof train>>;

  beforeAll(async () => {
    writeFileSync(join(folder, "visits.json"), JSON.stringify(visitTask()));
    await writeVisits(folder, "visits.csv", visitRows(1200));
    reference = await train("wasm");
  });

  for (const { name, absent } of DEVICES)
    it.skipIf(absent)(`${name} learns what wasm learns${absent ? ` (needs ${absent})` : ""}`, { timeout: 120_000 }, async () => {
      const { losses, built } = await train(name);
      expect(built.device).toEqual({ name, skipped: [] });
      expect(losses).toHaveLength(reference.losses.length);
      for (const [epoch, loss] of losses.entries()) expect(loss).toBeCloseTo(reference.losses[epoch], 3);
      expect(built.served.test.auc).toBeCloseTo(reference.built.served.test.auc, 2);
    });
});
