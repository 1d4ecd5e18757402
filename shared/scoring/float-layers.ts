// Served layers without their rounding: what an explanation differentiates. Integer weights are multiplied as they lie; no copy is made.
import type { ServedLayer } from "./served-layers.ts";

/** f64 [n], made for the caller, who may overwrite it. */
export type Vector = Float64Array<ArrayBuffer>;

/**
 * W a of a layer, without its bias. `activations` are in units of the layer's input scale, as `toUnits` makes them or as the layer
 * before it gives them. Zeros cost nothing.
 *
 * @example multiply(head, toUnits(head, x)); // Float64Array [1]
 */
export function multiply({ inputs, outputs, weight, factor }: ServedLayer, activations: Vector): Vector {
  const used = new Int32Array(inputs);
  let usedCount = 0;
  for (let i = 0; i < inputs; i++) if (activations[i] !== 0) used[usedCount++] = i;
  const product = new Float64Array(outputs);
  for (let j = 0; j < outputs; j++) {
    let sum = 0;
    for (let k = 0; k < usedCount; k++) {
      const i = used[k] as number; // every index here is in range, as below
      sum += (weight[j * inputs + i] as number) * (activations[i] as number);
    }
    product[j] = sum * (factor[j] as number);
  }
  return product;
}

/** W^T g: the gradient with respect to the activations, of one with respect to the outputs. Zeros cost nothing. */
export function multiplyTransposed({ inputs, outputs, weight, factor }: ServedLayer, gradient: Vector): Vector {
  const product = new Float64Array(inputs);
  for (let j = 0; j < outputs; j++) {
    const scaled = (gradient[j] as number) * (factor[j] as number);
    if (scaled === 0) continue;
    for (let i = 0; i < inputs; i++) product[i] = (product[i] as number) + (weight[j * inputs + i] as number) * scaled;
  }
  return product;
}

/** W a + b. */
export function applyUnrounded(layer: ServedLayer, activations: Vector): Vector {
  const product = multiply(layer, activations);
  add(product, layer.bias, 1);
  return product;
}

/** Numbers in units of the layer's input scale, not rounded and not clamped. Also turns a gradient by those units into one by numbers. */
export function toUnits({ inverses }: ServedLayer, values: Vector): Vector {
  return hadamard(values, inverses);
}

/** a * b, number by number; both as long. */
export function hadamard(a: Vector, b: ArrayLike<number>): Vector {
  const product = new Float64Array(a.length); // `map` takes ten times as long
  for (let i = 0; i < a.length; i++) product[i] = (a[i] as number) * (b[i] as number);
  return product;
}

/** sum += times * what; both as long. */
export function add(sum: Vector, what: ArrayLike<number>, times: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + times * (what[i] as number);
}
