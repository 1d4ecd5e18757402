// Along a straight path a ReLU net is straight, too, between the places where one of its units switches: a walk from each to the next.
import { add, applyUnrounded, hadamard, multiply, multiplyTransposed, type Vector } from "./float-layers.ts";
import type { ServedLayer } from "./served-layers.ts";

/** A hidden layer at a place of the path. Each vector is [its units]. */
export interface HiddenLayer {
  readonly values: Vector;
  /** How values change along the path. */
  readonly tangents: Vector;
  /** 1 where a unit is on. */
  readonly mask: Vector;
  /** How the logit changes with what the layer's ReLU gives. */
  readonly slopes: Vector;
  /** What takes that. */
  readonly next: ServedLayer;
}

interface Switch {
  /** Along the path. */
  readonly distance: number;
  readonly l: number;
  readonly unit: number;
}

/** The hidden layers at a place of the path, 0 to 1, of the first one's tangents; a unit that is at 0 and rises is on. */
export function findHidden(layers: readonly ServedLayer[], firstTangents: Vector, place: number): HiddenLayer[] {
  let tangents = firstTangents;
  let values = Float64Array.from((layers[0] as ServedLayer).bias); // the head is always there
  add(values, tangents, place);
  const hidden = layers.slice(1).map((next) => {
    const mask = values.map((value, j) => Number(value > 0 || (value === 0 && (tangents[j] as number) > 0))); // as long
    const layer = { values, tangents, mask, slopes: new Float64Array(mask.length), next };
    values = applyUnrounded(next, hadamard(values, mask));
    tangents = multiply(next, hadamard(tangents, mask));
    return layer;
  });
  let gradient: Vector = Float64Array.of(1);
  for (const { slopes, mask, next } of hidden.slice().reverse()) {
    slopes.set(multiplyTransposed(next, gradient));
    gradient = hadamard(slopes, mask);
  }
  return hidden;
}

/** Integral of the logit's gradient by the first layer's values, from the start of the path to its end, or for about `maxProducts`. Moves `hidden`. */
export function walk(hidden: readonly HiddenLayer[], maxProducts: number): { readonly integral: Vector; readonly left: number } {
  const { slopes, mask } = hidden[0] as HiddenLayer; // there is one
  const integral = new Float64Array(mask.length);
  let left = 1;
  for (let products = 0; left > 0 && products < maxProducts; ) {
    const found = findSwitch(hidden);
    const distance = Math.min(left, found?.distance ?? left);
    add(integral, hadamard(slopes, mask), distance);
    for (const { values, tangents } of hidden) add(values, tangents, distance);
    left -= distance;
    if (found && left > 0) products += flip(hidden, found);
  }
  return { integral, left };
}

/** The unit that is the first to switch from here on. */
function findSwitch(hidden: readonly HiddenLayer[]): Switch | null {
  let [nearest, nearestLayer, nearestUnit] = [Number.POSITIVE_INFINITY, -1, -1];
  for (const [l, { values, tangents, mask }] of hidden.entries()) {
    for (let j = 0; j < values.length; j++) {
      const tangent = tangents[j] as number; // j is in range, as below
      const switches = mask[j] === 1 ? tangent < 0 : tangent > 0;
      const distance = switches ? -(values[j] as number) / tangent : Number.POSITIVE_INFINITY;
      if (distance < nearest) [nearest, nearestLayer, nearestUnit] = [distance, l, j];
    }
  }
  return nearestLayer === -1 ? null : { distance: Math.max(0, nearest), l: nearestLayer, unit: nearestUnit }; // rounding may have passed it
}

/** Switches a unit, and updates the tangents of later layers and the slopes of earlier ones. Returns about how many products that took. */
function flip(hidden: readonly HiddenLayer[], { l, unit }: Switch): number {
  const { mask, tangents, slopes, values, next } = hidden[l] as HiddenLayer; // one of these, as below
  const sign = mask[unit] === 1 ? -1 : 1;
  mask[unit] = sign === 1 ? 1 : 0;
  values[unit] = 0;
  let [products, changed] = [0, 1]; // `changed` units bring about the next change
  let change = only(unit, sign * (tangents[unit] as number), mask.length); // one a unit, as below
  let through = next;
  for (const later of hidden.slice(l + 1)) {
    const moved = multiply(through, change);
    add(later.tangents, moved, 1);
    products += changed * moved.length;
    [change, changed, through] = [hadamard(moved, later.mask), moved.length, later.next];
  }
  change = only(unit, sign * (slopes[unit] as number), mask.length);
  changed = 1;
  for (const earlier of hidden.slice(0, l).reverse()) {
    const moved = multiplyTransposed(earlier.next, change);
    add(earlier.slopes, moved, 1);
    products += changed * moved.length;
    [change, changed] = [hadamard(moved, earlier.mask), moved.length];
  }
  return products;
}

function only(unit: number, value: number, length: number): Vector {
  const vector = new Float64Array(length);
  vector[unit] = value;
  return vector;
}
