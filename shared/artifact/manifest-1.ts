// Version 1 of the manifest, read as version 2: every layer took 11-bit activations, embeddings were int8, cross layers of full rank.
import * as v from "valibot";
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
 * A version-1 manifest in the layout of version 2; anything else as it is.
 *
 * @example parse(Manifest, upgradeManifest(JSON.parse(text)), "manifest");
 */
export function upgradeManifest(value: unknown): unknown {
  const result = v.safeParse(Manifest1, value);
  if (!result.success) return value;
  const { cross, mlp, ...rest } = result.output.architecture;
  const architecture = {
    ...rest,
    embeddingBits: 8,
    cross: cross && { rank: null, downInputs: [], ...upgradeInputs(cross) },
    mlp: mlp && upgradeInputs(mlp),
  };
  return { ...result.output, formatVersion: 2, architecture };
}

function upgradeInputs<Net extends { readonly inputScales: readonly number[] }>({ inputScales, ...net }: Net) {
  return { ...net, inputs: inputScales.map((inputScale) => ({ scale: inputScale, bits: 11 })) };
}
