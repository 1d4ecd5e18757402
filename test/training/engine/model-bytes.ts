// A trained model as bytes, for tests of what must be the same to the last bit.
import type { FloatModel } from "../../../training/model/float-model.ts";

/** Every number of a model, as bytes. */
export function bytesOf({ bias, linear, embedding, cross, mlp }: FloatModel): Buffer {
  const crossLayers = cross?.layers.flatMap(({ down, up }) => (down ? [down, up] : [up])) ?? [];
  const layers = [...crossLayers, ...(cross ? [cross.head] : []), ...(mlp ? [...mlp.layers, mlp.head] : [])];
  const dense = layers.flatMap(({ weight, bias: b }) => [weight, b]);
  const arrays = [Float64Array.of(bias), linear ?? new Float32Array(0), embedding, ...dense];
  return Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
}
