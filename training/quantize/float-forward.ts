// The float model's logits, plainly and one example at a time: what quantization is calibrated on and compared with. Sums are in f64.
import type { Bags } from "../../shared/features/bags.ts";
import { type FieldLayout, inputWidth, layoutFields } from "../../shared/features/feature-map.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { CrossLayer, DenseLayer, FloatModel } from "../model/float-model.ts";

/** Told the input of every dense layer, by the layer's name in the artifact (`mlp.0`, `cross.head`). The array is reused. */
export type Observe = (layer: string, input: Float32Array) => void;

/** Logits (uncalibrated) of every example; [labels.length]. */
export function floatLogits(model: FloatModel, { context, candidate, labels }: Dataset): Float32Array {
  const forward = new FloatForward(model, () => {});
  return Float32Array.from(labels, (_, example) => forward.logit(context, candidate, example));
}

/** One example at a time. */
export class FloatForward {
  readonly #model: FloatModel;
  readonly #observe: Observe;
  readonly #layout: readonly FieldLayout[];
  readonly #x0: Float32Array;

  constructor(model: FloatModel, observe: Observe) {
    this.#model = model;
    this.#observe = observe;
    this.#layout = layoutFields(model.featureMap, model.embeddingDimension);
    this.#x0 = new Float32Array(inputWidth(this.#layout));
  }

  logit(context: Bags, candidate: Bags, example: number): number {
    const { bias, fm, cross, mlp } = this.#model;
    let logit = bias + this.#gather(context, candidate, example);
    if (fm) logit += this.#interactions();
    if (cross) logit += this.#crossNet(cross.layers, cross.head);
    if (mlp) logit += this.#denseNet(mlp.layers, mlp.head);
    return logit;
  }

  /** Fills x0, and returns the linear term. */
  #gather(context: Bags, candidate: Bags, example: number): number {
    const { linear, fm, cross, mlp } = this.#model;
    const readsX0 = fm || cross !== null || mlp !== null;
    let sum = 0;
    this.#x0.fill(0);
    for (const [f, layout] of this.#layout.entries()) {
      const [bags, bag] = layout.field.from === "context" ? [context, f] : [candidate, f - context.fieldCount];
      const first = example * bags.fieldCount + bag;
      for (let k = bags.offsets[first] as number; k < (bags.offsets[first + 1] as number); k++) {
        const row = bags.rows[k] as number; // k is within the bag
        const weight = bags.weights[k] as number; // as above
        if (linear) sum += (linear[row] as number) * weight;
        if (readsX0) this.#addRow(layout, row, weight);
      }
    }
    return sum;
  }

  #addRow({ embedded, firstColumn, firstValueRow }: FieldLayout, row: number, weight: number): void {
    const { embedding, embeddingDimension } = this.#model;
    const x0 = this.#x0;
    if (!embedded) {
      x0[firstColumn + row - firstValueRow]! += weight;
      return;
    }
    for (let k = 0; k < embeddingDimension; k++)
      x0[firstColumn + k]! += (embedding[row * embeddingDimension + k] as number) * weight;
  }

  #interactions(): number {
    const embedded = this.#layout.filter((layout) => layout.embedded);
    let total = 0;
    for (let k = 0; k < this.#model.embeddingDimension; k++) {
      let [sum, squares] = [0, 0];
      for (const { firstColumn } of embedded) {
        const v = this.#x0[firstColumn + k] as number; // a column of x0
        sum += v;
        squares += v * v;
      }
      total += sum * sum - squares;
    }
    return total / 2;
  }

  #crossNet(layers: readonly CrossLayer[], head: DenseLayer): number {
    const x0 = this.#x0;
    let x = x0;
    for (const [l, { down, up }] of layers.entries()) {
      const previous = x;
      if (down) {
        this.#observe(`cross.${l}.down`, x);
        x = multiply(down, x);
      }
      this.#observe(`cross.${l}`, x);
      x = multiply(up, x).map((u, j) => (x0[j] as number) * u + (previous[j] as number)); // all are [width]
    }
    this.#observe("cross.head", x);
    return multiply(head, x)[0] as number; // one output
  }

  #denseNet(layers: readonly DenseLayer[], head: DenseLayer): number {
    let x = this.#x0;
    for (const [l, layer] of layers.entries()) {
      this.#observe(`mlp.${l}`, x);
      x = multiply(layer, x).map((y) => Math.max(0, y));
    }
    this.#observe("mlp.head", x);
    return multiply(head, x)[0] as number; // one output
  }
}

/** W x + b. */
export function multiply({ inputs, outputs, weight, bias }: DenseLayer, x: Float32Array): Float32Array {
  const y = new Float32Array(outputs);
  for (let j = 0; j < outputs; j++) {
    let sum = bias[j] as number; // [outputs]
    const row = j * inputs;
    for (let i = 0; i < inputs; i++) sum += (weight[row + i] as number) * (x[i] as number); // [outputs, inputs], [inputs]
    y[j] = sum;
  }
  return y;
}
