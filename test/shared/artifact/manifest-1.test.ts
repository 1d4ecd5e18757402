// Version 1 of the manifest as version 2: the layers' scales become inputs of 11 bits, and nothing else changes.
import { describe, expect, it } from "vitest";
import { parseManifest } from "../../../shared/artifact/manifest.ts";
import { upgradeManifest } from "../../../shared/artifact/manifest-1.ts";
import { smallArtifact } from "../../small-artifact.ts";

const net = { inputScales: [0.5, 0.25], headInputScale: 0.125 };
const old = { embeddingDimension: 4, linear: true, fm: true, cross: net, mlp: { hidden: [8, 4], ...net } };
const inputs = [
  { scale: 0.5, bits: 11 },
  { scale: 0.25, bits: 11 },
];

describe("upgradeManifest", () => {
  it("gives what version 2 says of the same model", async () => {
    const { manifest } = await smallArtifact(1);
    const upgraded = parseManifest({ ...manifest, formatVersion: 1, architecture: old });
    expect(upgraded).toEqual({
      ...manifest,
      architecture: {
        embeddingDimension: 4,
        embeddingBits: 8,
        linear: true,
        fm: true,
        cross: { rank: null, downInputs: [], inputs, headInputScale: 0.125 },
        mlp: { hidden: [8, 4], inputs, headInputScale: 0.125 },
        retrieval: null,
        posterior: null,
      },
    });
  });

  it("takes a model without nets", () => {
    const value = { formatVersion: 1, architecture: { ...old, cross: null, mlp: null } };
    expect(upgradeManifest(value)).toMatchObject({ formatVersion: 2, architecture: { cross: null, mlp: null } });
  });

  it.each([
    ["manifest.architecture", undefined],
    ["manifest.architecture.embeddingBits", { ...old, embeddingBits: 4 }],
    ["manifest.architecture.cross.inputScales[0]", { ...old, cross: { ...net, inputScales: [0] } }],
    ["manifest.architecture.mlp.inputScales", { ...old, mlp: { hidden: [8], headInputScale: 1 } }],
  ])("names what is wrong rather than the version, which it knows: %s", (path, architecture) => {
    const manifest = { formatVersion: 1, architecture };
    expect(() => parseManifest(manifest)).toThrow(expect.objectContaining({ path }));
  });

  it.each([null, 7, {}, [], { formatVersion: 2, architecture: old }, { formatVersion: 3 }])(
    "leaves anything else as it is: %j",
    (value) => expect(upgradeManifest(value)).toBe(value),
  );
});
