// Manifests and pointers: an unknown version is named before anything else is looked at; the rest is the schema's.
import { describe, expect, it } from "vitest";
import { parseManifest, parsePointer, versionOf } from "../../../shared/artifact/manifest.ts";
import { smallArtifact } from "../../small-artifact.ts";

const SHA = "0".repeat(64);
const POINTER = {
  formatVersion: 1,
  name: "ad-click",
  channel: "stable",
  sequence: 1,
  digest: SHA,
  previousDigest: null,
  movedMs: 0,
};

describe("manifest and pointer", () => {
  it("parses what was written, through JSON", async () => {
    const { manifest } = await smallArtifact(1);
    expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
    expect(parsePointer(POINTER)).toEqual(POINTER);
  });

  it("reads manifests from before there was retrieval or a posterior as without it: of version 1, and early ones of version 2", async () => {
    const { manifest } = await smallArtifact(1);
    const terms = { embeddingDimension: 4, linear: true, fm: true, cross: null };
    const mlp = { hidden: [8], inputScales: [0.5], headInputScale: 0.25 };
    const first = parseManifest({ ...manifest, formatVersion: 1, architecture: { ...terms, mlp } });
    expect(first.architecture).toMatchObject({ embeddingBits: 8, mlp: { inputs: [{ scale: 0.5, bits: 11 }] }, retrieval: null });
    const { retrieval, posterior, ...early } = manifest.architecture;
    expect(parseManifest({ ...manifest, architecture: early })).toEqual({
      ...manifest,
      architecture: { ...early, retrieval, posterior },
    });
    expect([retrieval, posterior]).toEqual([null, null]);
  });

  it("names an unknown version whatever else the document holds", () => {
    expect(() => parseManifest({ formatVersion: 3, whatever: 1 })).toThrow(
      expect.objectContaining({ code: "manifest_version_unknown" }),
    );
    expect(() => parsePointer({ formatVersion: 0 })).toThrow(expect.objectContaining({ code: "pointer_version_unknown" }));
  });

  it.each([
    ["manifest.formatVersion", { formatVersion: "1" }],
    ["manifest.createdMs", { createdMs: 0.5 }],
    ["manifest.files.weights.sha256", { files: { weights: { sha256: "ABC", sizeBytes: 1 } } }],
    ["manifest.unknown", { unknown: 1 }],
  ])("says where a manifest is wrong: %s", async (path, change) => {
    const { manifest } = await smallArtifact(1);
    expect(() => parseManifest({ ...manifest, ...change })).toThrow(expect.objectContaining({ path }));
  });

  it.each([
    ["pointer.sequence", { sequence: 0 }],
    ["pointer.channel", { channel: "beta" }],
    ["pointer.digest", { digest: "0" }],
  ])("says where a pointer is wrong: %s", (path, change) => {
    expect(() => parsePointer({ ...POINTER, ...change })).toThrow(expect.objectContaining({ path }));
  });

  it("calls a version by 12 digits of its digest", () => {
    expect(versionOf(`0123456789ab${"c".repeat(52)}`)).toBe("0123456789ab");
  });
});
