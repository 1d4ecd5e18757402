// Version 1 of the manifest, read as version 2: every layer took 11-bit activations, embeddings were int8, cross layers of full rank.
import * as v from "valibot";
import { parse } from "../schemas/coded-error.ts";
import { int, number } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";

const count = v.pipe(int, v.minValue(1));
const scale = v.pipe(number, v.gtValue(0));

const Manifest1 = v.looseObject({
  formatVersion: v.literal(1),
  architecture: strictObject({
    embeddingDimension: count,
    linear: v.boolean(),
    fm: v.boolean(),
    cross: v.nullable(strictObject({ inputScales: v.array(scale), headInputScale: scale })),
    mlp: v.nullable(strictObject({ hidden: v.array(count), inputScales: v.array(scale), headInputScale: scale })),
  }),
});

/**
 * A version-1 manifest in the layout of version 2; anything else as it is. Throws `CodedError` with the schema's codes where it says
 * version 1 and its architecture is none of that version.
 *
 * @example parse(Manifest, upgradeManifest(JSON.parse(text)), "manifest");
 */
export function upgradeManifest(value: unknown): unknown {
  if (!saysVersion1(value)) return value;
  const manifest = parse(Manifest1, value, "manifest");
  const { cross, mlp, ...rest } = manifest.architecture;
  const architecture = {
    ...rest,
    embeddingBits: 8,
    cross: cross && { rank: null, downInputs: [], ...upgradeInputs(cross) },
    mlp: mlp && upgradeInputs(mlp),
  };
  return { ...manifest, formatVersion: 2, architecture };
}

const saysVersion1 = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "formatVersion" in value && value.formatVersion === 1;

function upgradeInputs<Net extends { readonly inputScales: readonly number[] }>({ inputScales, ...net }: Net) {
  return { ...net, inputs: inputScales.map((inputScale) => ({ scale: inputScale, bits: 11 })) };
}
