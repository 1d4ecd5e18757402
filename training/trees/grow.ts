// Grows one tree leaf by leaf: always the leaf whose split gains most (best first, as in LightGBM: Ke et al., 2017).
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { BinnedColumns } from "./binning.ts";
import { type Derivatives, fillHistogram, layOut, subtractHistogram } from "./histogram.ts";
import { BINS, findSplit, type Split, type SplitOptions, type Sums } from "./split.ts";
import type { Tree } from "./tree.ts";

export type GrowOptions = SplitOptions & Pick<ModelSpec, "leaves">;

/** Examples `order[begin .. end - 1]`. `parent` is the node whose left or right child the leaf is, -1 where it is the root. */
interface Leaf {
  readonly begin: number;
  readonly end: number;
  readonly total: Sums;
  readonly histogram: Float64Array;
  readonly split: Split | null;
  readonly parent: number;
  readonly isLeft: boolean;
}

/** Trees of one data set, one after the other: the memory for histograms is kept. */
export class Grower {
  readonly #data: BinnedColumns;
  readonly #options: GrowOptions;
  readonly #offsets: Int32Array;
  readonly #scratch: Int32Array;
  readonly #gathered: Float64Array;
  readonly #free: Float64Array[] = [];

  constructor(data: BinnedColumns, options: GrowOptions) {
    this.#data = data;
    this.#options = options;
    this.#offsets = layOut(data);
    this.#gathered = new Float64Array(2 * data.count);
    this.#scratch = new Int32Array(data.count);
  }

  /** From the examples in `order`, which is partitioned in place, and the chosen columns. */
  grow(order: Int32Array, columns: Int32Array, derivatives: Derivatives): Tree {
    const nodes: { split: Split; children: [left: number, right: number] }[] = [];
    const total = sumOf(order, derivatives);
    const root = { begin: 0, end: order.length, total, parent: -1, isLeft: false };
    const leaves = [this.#withSplit(root, this.#fill(order, columns, derivatives), columns)];
    while (leaves.length < this.#options.leaves) {
      const at = bestOf(leaves);
      const { split, parent, isLeft } = leaves[at]!;
      if (!split) break;
      const node = nodes.push({ split, children: [~at, ~leaves.length] }) - 1;
      if (parent >= 0) nodes[parent]!.children[isLeft ? 0 : 1] = node;
      const [left, right] = this.#divide(leaves[at]!, split, node, order, columns, derivatives);
      leaves[at] = left;
      leaves.push(right);
    }
    for (const { histogram } of leaves) this.#free.push(histogram);
    const { leafL2 } = this.#options;
    const goesLeft = new Uint8Array(nodes.length * BINS);
    nodes.forEach(({ split }, node) => void goesLeft.set(split.goesLeft, node * BINS));
    return {
      columns: Int32Array.from(nodes, ({ split }) => split.column),
      goesLeft,
      left: Int32Array.from(nodes, ({ children }) => children[0]),
      right: Int32Array.from(nodes, ({ children }) => children[1]),
      values: Float64Array.from(leaves, ({ total }) => (total.count === 0 ? 0 : -total.gradient / (total.hessian + leafL2))),
    };
  }

  /** Only the smaller child's histogram is filled; its parent's becomes the other's. */
  #divide(leaf: Leaf, split: Split, node: number, order: Int32Array, columns: Int32Array, derivatives: Derivatives) {
    const middle = this.#partition(order, leaf, split);
    const leftIsSmall = (middle - leaf.begin) * 2 <= leaf.end - leaf.begin;
    const small = leftIsSmall ? order.subarray(leaf.begin, middle) : order.subarray(middle, leaf.end);
    const smallHistogram = this.#fill(small, columns, derivatives);
    subtractHistogram(leaf.histogram, smallHistogram);
    const smallTotal = sumOf(small, derivatives);
    const largeTotal = {
      gradient: leaf.total.gradient - smallTotal.gradient,
      hessian: leaf.total.hessian - smallTotal.hessian,
      count: leaf.total.count - smallTotal.count,
    };
    const [leftTotal, rightTotal] = leftIsSmall ? [smallTotal, largeTotal] : [largeTotal, smallTotal];
    const [leftHistogram, rightHistogram] = leftIsSmall ? [smallHistogram, leaf.histogram] : [leaf.histogram, smallHistogram];
    const left = { begin: leaf.begin, end: middle, total: leftTotal, parent: node, isLeft: true };
    const right = { begin: middle, end: leaf.end, total: rightTotal, parent: node, isLeft: false };
    return [this.#withSplit(left, leftHistogram, columns), this.#withSplit(right, rightHistogram, columns)] as const;
  }

  #withSplit(leaf: Omit<Leaf, "histogram" | "split">, histogram: Float64Array, columns: Int32Array): Leaf {
    const split = findSplit({ histogram, offsets: this.#offsets }, this.#data, columns, leaf.total, this.#options);
    return { ...leaf, histogram, split };
  }

  #fill(examples: Int32Array, columns: Int32Array, derivatives: Derivatives): Float64Array {
    const histogram = this.#free.pop() ?? new Float64Array(this.#offsets.at(-1)!);
    fillHistogram(histogram, this.#data, this.#offsets, columns, examples, derivatives, this.#gathered);
    return histogram;
  }

  /** Those that go left come first, each side in the order that it had. Gives where the right side begins. */
  #partition(order: Int32Array, { begin, end }: Leaf, { column, goesLeft }: Split): number {
    const bins = this.#data.bins.subarray(column * this.#data.count, (column + 1) * this.#data.count);
    let [left, right] = [begin, 0];
    for (let i = begin; i < end; i++) {
      const example = order[i]!;
      if (goesLeft[bins[example]!] === 1) order[left++] = example;
      else this.#scratch[right++] = example;
    }
    order.set(this.#scratch.subarray(0, right), left);
    return left;
  }
}

function sumOf(examples: Int32Array, { gradients, hessians }: Derivatives): Sums {
  let [gradient, hessian] = [0, 0];
  for (let i = 0; i < examples.length; i++) {
    gradient += gradients[examples[i]!]!;
    hessian += hessians[examples[i]!]!;
  }
  return { gradient, hessian, count: examples.length };
}

function bestOf(leaves: readonly Leaf[]): number {
  let best = 0;
  for (let at = 1; at < leaves.length; at++) {
    if ((leaves[at]!.split?.gain ?? 0) > (leaves[best]!.split?.gain ?? 0)) best = at;
  }
  return best;
}
