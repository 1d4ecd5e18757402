// npm run artifact, as a process of its own, against the embedded store and a run's folder.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectKey } from "../../../shared/artifact/keys.ts";
import type { Published } from "../../../shared/artifact/publish-document.ts";
import type { ObjectStore } from "../../../shared/artifact/store.ts";
import { ARTIFACT_BUCKET, type Platform, startPlatform } from "../../../training/local/platform.ts";
import { WEIGHTS_FILE, writeArtifactFolder } from "../../../training/publish/artifact.ts";
import { readOrGenerateKeys } from "../../../training/publish/keys.ts";
import { publishModel } from "../../../training/publish/publish.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";
import { readStoreConfig } from "../../../training/publish/store-config.ts";
import { smallArtifact } from "../../small-artifact.ts";

let folder: string;
let platform: Platform;
let store: ObjectStore;
let first: Published;
let second: Published;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-artifact-"));
  platform = await startPlatform({ port: null, stateDir: null, workerVars: null });
  environment = { SELVEDGE_STORE_ENDPOINT: platform.storeEndpoint, SELVEDGE_STATE_DIR: folder };
  const config = readStoreConfig(environment);
  store = createS3Store(config, ARTIFACT_BUCKET);
  const publisher = { store, keys: await readOrGenerateKeys(config), channel: "stable", nowMs: Date.UTC(2026, 0, 3) } as const;
  first = await publishModel(publisher, await smallArtifact(1));
  second = await publishModel(publisher, await smallArtifact(2));
});
afterAll(async () => {
  await platform.dispose();
  await rm(folder, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const options = { env: { PATH: process.env.PATH, NODE_NO_WARNINGS: "1", ...environment } };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["training/cli.ts", "artifact", ...args], options);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }; // what execFile rejects with
    return { code, out: stdout, err: stderr };
  }
}

describe("a published model", () => {
  it("is listed with its channel, its metrics and its elder", async () => {
    const { out } = await run("list", "ad-click");
    expect(out).toMatch(new RegExp(`ad-click +stable +${second.version} +2 +2026-01-03 00:00:00`));
    expect(out).toMatch(new RegExp(`ad-click +${first.version} .* auc 0.7500 logloss 0.5000`));
    const { channels, versions } = JSON.parse((await run("list", "--json")).out);
    expect(channels).toMatchObject([{ name: "ad-click", version: second.version, sequence: 2, problem: null }]);
    expect(versions.map(({ version }: Published) => version)).toEqual([first.version, second.version]);
  });

  it("is shown, for people and as its manifest", async () => {
    expect((await run("show", "ad-click")).out).toMatch(new RegExp(`task +ad-click\nversion +${second.version}\n`));
    const { manifest } = await smallArtifact(2);
    expect(JSON.parse((await run("show", "ad-click", "--json")).out)).toEqual(manifest);
  });

  it("is verified, rolled back, and found out when it is damaged", async () => {
    expect(await run("verify", "ad-click")).toMatchObject({ code: 0, out: expect.stringContaining("signatures good") });
    const back = await run("rollback", "ad-click", "--to", first.version.slice(0, 8));
    expect(back).toMatchObject({ code: 0, out: `ad-click/stable now serves ${first.version} (sequence 3)\n` });
    const { manifest, weights } = await smallArtifact(1);
    await store.put(objectKey(manifest.files.weights.sha256), weights.subarray(1), null);
    const damaged = await run("verify", "ad-click");
    expect(damaged).toMatchObject({ code: 1, err: expect.stringContaining("error weights_hash_mismatch") });
  });
});

describe("a run's folder", () => {
  it("is verified and shown without a store, and found out when it is damaged", async () => {
    const artifact = await smallArtifact(3);
    const runFolder = join(folder, "run");
    await writeArtifactFolder(join(runFolder, "artifact"), artifact);
    expect(await run("verify", runFolder)).toMatchObject({ code: 0, out: expect.stringContaining("not signed") });
    expect((await run("show", join(runFolder, "artifact"))).out).toContain("(not published)");
    await writeFile(
      join(runFolder, "artifact", WEIGHTS_FILE),
      artifact.weights.map((byte, i) => (i === 500 ? byte ^ 1 : byte)),
    );
    expect(await run("verify", runFolder)).toMatchObject({ code: 1, err: expect.stringContaining("weights_hash_mismatch") });
  });
});

describe("what is not there", () => {
  it("is said so, with what to do next", async () => {
    expect((await run("verify", "no-such-task")).err).toContain("error artifact_unknown at no-such-task");
    expect((await run("rollback", "ad-click", "--to", "ffffff")).err).toContain("npm run artifact -- list ad-click");
    expect((await run("verify", "catalog")).err).toContain("no catalog is published on stable");
  });

  it("is made by keygen, once", async () => {
    const out = join(folder, "new-keys");
    expect((await run("keygen", "--out", out)).out).toContain("PUBLIC_KEYS");
    expect(await run("keygen", "--out", out)).toMatchObject({ code: 1, err: expect.stringContaining("error key_exists") });
  });
});
