// What each column of x0 contributes to the MLP's logit: integrated gradients, exactly, from switch to switch.
import { add, applyUnrounded, hadamard, multiply, multiplyTransposed, toUnits, type Vector } from "./float-layers.ts";
import type { Contributions } from "./integrate-cross.ts";
import { findHidden, type HiddenLayer, walk } from "./relu-path.ts";
import type { ServedLayer } from "./served-layers.ts";

/** Products that a walk may take: about half a second, of which hidden layers of 1024, 512 and 256 units need half; two of 500 a thousandth. */
const MAX_PRODUCTS = 2 ** 28;

/** Of what such a walk leaves of the path, by the midpoint rule. */
const MIDPOINTS = 64;

/**
 * x_i times the integral of the gradient along the straight path from 0 to x0 (Sundararajan, Taly and Yan, 2017). A ReLU net is
 * straight between the places where a unit switches, so that a walk from each to the next integrates exactly; and a switch changes one
 * unit, so that the next layer and the one before are updated, not computed anew. Only a net so large that this would
 * take long is integrated by steps from there on.
 *
 * `layers` as `servedLayers("mlp", ...)` gives them.
 */
export function integrateMlp(layers: readonly ServedLayer[], x0: Vector, maxProducts = MAX_PRODUCTS): Contributions {
  const first = layers[0] as ServedLayer; // the head is always there
  const units = toUnits(first, x0);
  const tangents = multiply(first, units);
  const hiddenAt = (place: number) => findHidden(layers, tangents, place);
  const integral = layers.length > 1 ? integrate(hiddenAt, maxProducts) : Float64Array.of(1); // a lone head is straight
  const columns = hadamard(multiplyTransposed(first, integral), units);
  return { baseline: mlpLogit(layers, new Float64Array(x0.length)), columns };
}

/** Integral, along the path, of the logit's gradient by the first layer's values. */
function integrate(hiddenAt: (place: number) => HiddenLayer[], maxProducts: number): Vector {
  const { integral, left } = walk(hiddenAt(0), maxProducts);
  for (let k = 0; left > 0 && k < MIDPOINTS; k++) {
    const { slopes, mask } = hiddenAt(1 - (left * (k + 0.5)) / MIDPOINTS)[0] as HiddenLayer; // there is one
    add(integral, hadamard(slopes, mask), left / MIDPOINTS);
  }
  return integral;
}

/** The MLP's logit without rounding. */
export function mlpLogit(layers: readonly ServedLayer[], x0: Vector): number {
  const [first, ...later] = layers as [ServedLayer, ...ServedLayer[]]; // the head is always there
  let values = applyUnrounded(first, toUnits(first, x0));
  for (const layer of later) {
    const given = values.map((value) => Math.max(0, value));
    values = applyUnrounded(layer, given);
  }
  return values[0] as number; // a head has one output
}
