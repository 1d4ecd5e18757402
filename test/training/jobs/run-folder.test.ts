// A run's folder is whole or not there: what is written, what an abort leaves, and what is refused.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { requireFreeFolder, writeRunFolder } from "../../../training/jobs/run-folder.ts";
import type { ModelArtifact } from "../../../training/publish/artifact.ts";

const root = mkdtempSync(join(tmpdir(), "selvedge-run-"));
afterAll(() => rmSync(root, { recursive: true }));

const artifact = { manifest: { task: "visits" }, weights: Uint8Array.of(1, 2, 3) } as unknown as ModelArtifact; // written, not read
const contents = { documents: { "metrics.json": { auc: 0.5 } }, log: [{ event: "epoch" }, { event: "built" }], artifact };
const { signal } = new AbortController();

describe("writeRunFolder", () => {
  it("writes documents, log and artifact", async () => {
    const folder = join(root, "deep", "run");
    await writeRunFolder(folder, contents, signal);
    expect(readdirSync(join(root, "deep"))).toEqual(["run"]);
    expect(JSON.parse(readFileSync(join(folder, "metrics.json"), "utf8"))).toEqual({ auc: 0.5 });
    expect(readFileSync(join(folder, "log.ndjson"), "utf8")).toBe('{"event":"epoch"}\n{"event":"built"}\n');
    expect(readFileSync(join(folder, "artifact", "weights.safetensors"))).toEqual(Buffer.of(1, 2, 3));
  });

  it("leaves nothing once it is aborted", async () => {
    mkdirSync(join(root, "aborted"));
    await expect(writeRunFolder(join(root, "aborted", "run"), contents, AbortSignal.abort(new Error("stop")))).rejects.toThrow(
      "stop",
    );
    expect(readdirSync(join(root, "aborted"))).toEqual([]);
  });

  it("leaves nothing when writing fails half way", async () => {
    mkdirSync(join(root, "failed"));
    const endless: { self?: unknown } = {};
    endless.self = endless;
    const broken = { ...contents, documents: { "config.json": {}, "metrics.json": endless } };
    await expect(writeRunFolder(join(root, "failed", "run"), broken, signal)).rejects.toThrow("circular");
    expect(readdirSync(join(root, "failed"))).toEqual([]);
  });
});

describe("requireFreeFolder", () => {
  it("accepts a folder that is not there, or empty", async () => {
    mkdirSync(join(root, "empty"));
    await requireFreeFolder(join(root, "empty"));
    await requireFreeFolder(join(root, "nowhere"));
  });

  it("refuses what already holds something, and what is no folder", async () => {
    mkdirSync(join(root, "taken"));
    writeFileSync(join(root, "taken", "metrics.json"), "{}");
    await expect(requireFreeFolder(join(root, "taken"))).rejects.toMatchObject({ code: "run_exists", path: "out" });
    await expect(requireFreeFolder(join(root, "taken", "metrics.json"))).rejects.toMatchObject({ code: "out_unusable" });
  });
});
