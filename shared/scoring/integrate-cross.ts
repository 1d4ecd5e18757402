// What each column of x0 contributes to the cross net's logit: integrated gradients, exactly.
import { add, applyUnrounded, hadamard, multiplyTransposed, toUnits, type Vector } from "./float-layers.ts";
import { gaussLegendre } from "./gauss-legendre.ts";
import { isDown, type ServedLayer } from "./served-layers.ts";

/** Contributions of the columns, [columns of x0], and the logit at x0 = 0; together the logit at x0. */
export interface Contributions {
  readonly baseline: number;
  readonly columns: Vector;
}

/** A cross layer: W as one served layer, or as two, V and U. */
type CrossLayer = readonly ServedLayer[];

/**
 * x_i times the integral of the gradient along the straight path from 0 to x0 (Sundararajan, Taly and Yan, 2017). On that path every
 * state is a polynomial, the gradient one of as many degrees as there are layers: Gauss-Legendre at half as many nodes is exact.
 *
 * `layers` as `servedLayers("cross", ...)` gives them.
 */
export function integrateCross(layers: readonly ServedLayer[], x0: Vector): Contributions {
  const head = layers.at(-1) as ServedLayer; // always there
  const crossLayers = pairUp(layers.slice(0, -1));
  const columns = new Float64Array(x0.length);
  for (const { node, weight } of gaussLegendre(Math.ceil((crossLayers.length + 1) / 2))) {
    const scaled = x0.map((value) => value * node);
    add(columns, hadamard(gradientAt(crossLayers, head, scaled), x0), weight);
  }
  return { baseline: head.bias[0] as number, columns }; // every state of x0 = 0 is 0
}

function pairUp(layers: readonly ServedLayer[]): CrossLayer[] {
  return layers.flatMap((layer, l) => {
    if (isDown(layer)) return [];
    const before = layers[l - 1];
    return [before && isDown(before) ? [before, layer] : [layer]];
  });
}

/** Reverse mode: x_{l+1} = x0 * u_l + x_l with u_l = W_l x_l + b_l; x0 is in all of them, and is x_0. */
function gradientAt(layers: readonly CrossLayer[], head: ServedLayer, x0: Vector): Vector {
  const { outputs } = runForward(layers, x0);
  const gradient = toUnits(head, multiplyTransposed(head, Float64Array.of(1)));
  const direct = new Float64Array(x0.length);
  for (const [l, layer] of [...layers.entries()].reverse()) {
    add(direct, hadamard(gradient, outputs[l] as Vector), 1); // one a layer
    add(gradient, crossGradient(layer, hadamard(gradient, x0)), 1);
  }
  add(gradient, direct, 1);
  return gradient;
}

/** u_l of each layer, and the last state. */
function runForward(layers: readonly CrossLayer[], x0: Vector): { readonly outputs: Vector[]; readonly state: Vector } {
  const state = x0.slice();
  const outputs = layers.map((layer) => {
    const u = crossOutput(layer, state);
    add(state, hadamard(u, x0), 1);
    return u;
  });
  return { outputs, state };
}

/** What a low-rank layer's first half gives is in units of its second half's input. */
function crossOutput([first, second]: CrossLayer, x: Vector): Vector {
  const outer = first as ServedLayer; // one or two
  const output = applyUnrounded(outer, toUnits(outer, x));
  return second ? applyUnrounded(second, output) : output;
}

function crossGradient([first, second]: CrossLayer, gradient: Vector): Vector {
  const outer = first as ServedLayer; // one or two
  const inner = second ? multiplyTransposed(second, gradient) : gradient;
  return toUnits(outer, multiplyTransposed(outer, inner));
}

/** The cross net's logit without rounding. */
export function crossLogit(layers: readonly ServedLayer[], x0: Vector): number {
  const head = layers.at(-1) as ServedLayer; // always there
  const { state } = runForward(pairUp(layers.slice(0, -1)), x0);
  return applyUnrounded(head, toUnits(head, state))[0] as number; // a head has one output
}
