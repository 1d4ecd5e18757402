// npm start's story on a small history: the first time it learns and publishes, later it finds what it published.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { type StartRequest, type StartStage, start } from "../../training/jobs/start.ts";
import { readStoreConfig } from "../../training/publish/store-config.ts";
import { createMarket, DEFAULT_SEED } from "../../training/simulate/market.ts";

const stateDir = mkdtempSync(join(tmpdir(), "selvedge-start-"));
const stages: StartStage[] = [];
const request: StartRequest = {
  market: createMarket(DEFAULT_SEED),
  config: readStoreConfig({ SELVEDGE_STATE_DIR: stateDir }),
  port: null,
  fresh: false,
  policy: null,
  historyVisitors: 3000,
  assessmentVisitors: 500,
  onStage: (stage) => stages.push(stage),
  onProgress: () => {},
  signal: new AbortController().signal,
};

afterAll(() => rmSync(stateDir, { recursive: true }));

async function startAndStop(overrides: Partial<StartRequest> = {}) {
  stages.length = 0;
  const { platform, ...rest } = await start({ ...request, ...overrides });
  await platform.dispose();
  return { ...rest, origin: platform.origin };
}

it("learns once, serves what it learned at once, and again without learning; fresh forgets", { timeout: 120_000 }, async () => {
  const first = await startAndStop();
  expect(stages).toContain("training");
  expect(first.policy).toEqual({ name: "greedy" });
  expect(first.model?.isNew).toBe(true);
  expect(first.first.response.modelVersion).toBe(first.model?.version);
  expect(first.first.curl).toContain(`${first.origin}/v1/decisions`);
  const { greedyRate, randomRate } = first.model?.assessment ?? { greedyRate: 0, randomRate: 1 };
  expect(greedyRate / randomRate).toBeGreaterThan(1.3);

  const second = await startAndStop({ policy: { name: "epsilon-greedy", epsilon: 0.2 } });
  expect(stages).not.toContain("training");
  expect(second.model).toMatchObject({ version: first.model?.version, isNew: false });

  const third = await startAndStop();
  expect(third.policy).toEqual({ name: "epsilon-greedy", epsilon: 0.2 });

  const cold = await startAndStop({ fresh: true, policy: { name: "random" } });
  expect(stages).not.toContain("training");
  expect(cold.model).toBeNull();
  expect(cold.first.response.modelVersion).toBeNull();
});

it("says that a port is taken before it does anything", async () => {
  const server: Server = await new Promise((resolve) => {
    const listening = createServer().listen(0, "localhost", () => resolve(listening));
  });
  const address = server.address();
  const port = address && typeof address === "object" ? address.port : 0;
  stages.length = 0;
  await expect(start({ ...request, port })).rejects.toMatchObject({ code: "port_in_use", path: "--port" });
  expect(stages).toEqual([]);
  await new Promise((resolve) => server.close(resolve));
});

it("stops in the middle of training when it is told to", { timeout: 60_000 }, async () => {
  const stop = new AbortController();
  const reason = new Error("told to stop");
  const onStage = (stage: StartStage) => stage === "training" && stop.abort(reason);
  await expect(start({ ...request, fresh: true, signal: stop.signal, onStage })).rejects.toBe(reason);
});
