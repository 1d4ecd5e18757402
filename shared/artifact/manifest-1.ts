// Version 1 of the manifest, read as version 2: every layer took 11-bit activations, embeddings were int8, cross layers of full rank.
import * as z from "zod/mini";

const count = z.int().check(z.minimum(1));
const scale = z.number().check(z.positive());

const Manifest1 = z.looseObject({
  formatVersion: z.literal(1),
  architecture: z.strictObject({
    embeddingDimension: count,
    linear: z.boolean(),
    fm: z.boolean(),
    cross: z.nullable(z.strictObject({ inputScales: z.array(scale), headInputScale: scale })),
    mlp: z.nullable(z.strictObject({ hidden: z.array(count), inputScales: z.array(scale), headInputScale: scale })),
  }),
});

/**
 * A version-1 manifest in the layout of version 2; anything else as it is.
 *
 * @example parse(Manifest, upgradeManifest(JSON.parse(text)), "manifest");
 */
export function upgradeManifest(value: unknown): unknown {
  const result = Manifest1.safeParse(value);
  if (!result.success) return value;
  const { cross, mlp, ...rest } = result.data.architecture;
  const architecture = {
    ...rest,
    embeddingBits: 8,
    cross: cross && { rank: null, downInputs: [], ...upgradeInputs(cross) },
    mlp: mlp && upgradeInputs(mlp),
  };
  return { ...result.data, formatVersion: 2, architecture };
}

function upgradeInputs<Net extends { readonly inputScales: readonly number[] }>({ inputScales, ...net }: Net) {
  return { ...net, inputs: inputScales.map((inputScale) => ({ scale: inputScale, bits: 11 })) };
}
