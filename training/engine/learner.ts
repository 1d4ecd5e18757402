// A model in the making: tables outside tfjs, the net inside, one update rule for both.
import { type FeatureMap, type FieldLayout, inputWidth, layoutFields } from "../../shared/features/feature-map.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { createNet, embeddingDimensionOf } from "../model/family.ts";
import type { FloatModel } from "../model/float-model.ts";
import type { FloatTowers } from "../model/float-two-tower.ts";
import { Batch, fillBatch } from "./batch.ts";
import { type Gathered, Network } from "./network.ts";
import type { Random } from "./random.ts";
import { EmbeddingTable } from "./table.ts";
import { createWeights, UPDATE_RULES, type UpdateRule, type Weights } from "./update-rule.ts";

/** Copies of all that a model predicts from. */
export type Snapshot = readonly Float32Array[];

export class Learner {
  readonly #featureMap: FeatureMap;
  readonly #layout: readonly FieldLayout[];
  readonly #table: EmbeddingTable;
  readonly #network: Network;
  readonly #rule: UpdateRule;
  readonly #dense: readonly Weights[];
  readonly #l2Dense: number;
  readonly #batch = new Batch();
  readonly #width: number;
  #x0 = new Float32Array(0);
  #sums = new Float32Array(0);
  #updates = 0;

  constructor({ model, training }: Task, featureMap: FeatureMap, random: Random) {
    const dimension = embeddingDimensionOf(model);
    this.#featureMap = featureMap;
    this.#layout = layoutFields(featureMap, dimension);
    this.#width = inputWidth(this.#layout);
    this.#rule = UPDATE_RULES[training.optimizer];
    this.#l2Dense = training.l2Dense;
    const embeddedColumns = this.#layout.filter(({ embedded }) => embedded).map(({ firstColumn }) => firstColumn);
    const contextWidth = inputWidth(this.#layout.filter(({ field }) => field.from === "context"));
    const shape = { width: this.#width, contextWidth, embeddingDimension: dimension, embeddedColumns };
    const net = createNet(model, shape, random.fork("net"));
    this.#network = new Network(net, random.fork("dropout"));
    this.#dense = this.#network.parameters.map(({ values }) => createWeights(values, this.#rule));
    this.#table = new EmbeddingTable({
      rowCount: featureMap.rowCount,
      dimension,
      rule: this.#rule,
      l2: training.l2Embedding,
      random: random.fork("table"),
    });
  }

  /** Learns from the examples `order[from .. to - 1]`; gives their mean loss before the update. */
  async step(data: Dataset, order: Int32Array, from: number, to: number, learningRate: number): Promise<number> {
    fillBatch(this.#batch, data, this.#layout, order, from, to);
    this.#table.touch(this.#batch, learningRate);
    const gradients = await this.#network.gradients(this.#gather(), this.#batch.labels, this.#batch.through);
    this.#table.update(this.#batch, gradients.x0, this.#width, gradients.sums, learningRate);
    this.#updates++;
    this.#dense.forEach((weights, index) => {
      const l2 = this.#network.parameters[index]!.penalised ? this.#l2Dense : 0;
      const step = { learningRate, l2, updates: this.#updates };
      this.#rule.update(weights, 0, gradients.parameters[index]!, 0, weights.values.length, step);
    });
    return gradients.loss;
  }

  /** Ends an epoch: decay that untouched rows still owe. Due before predicting, and before the learning rate changes. */
  settle(learningRate: number): void {
    this.#table.catchUpAll(learningRate);
  }

  /** Logits of the examples `order[from .. to - 1]`. */
  async logits(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array> {
    fillBatch(this.#batch, data, this.#layout, order, from, to);
    return this.#network.logits(this.#gather());
  }

  /** As `logits`, of the label once the step on the way to it is taken; for families that learn both. */
  async logitsAfterThrough(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array> {
    fillBatch(this.#batch, data, this.#layout, order, from, to);
    return this.#network.logitsAfterThrough(this.#gather());
  }

  /** Whether the family learns the step on the way to the label too. */
  get isJoint(): boolean {
    return this.#network.net.join !== undefined;
  }

  snapshot(): Snapshot {
    return this.#state().map((values) => values.slice());
  }

  restore(snapshot: Snapshot): void {
    this.#state().forEach((values, index) => {
      values.set(snapshot[index]!);
    });
  }

  /** The model as it stands; null where no served term computes it. Shares memory with the learner, which is done by then. */
  export(): FloatModel | null {
    const { net, bias } = this.#network;
    const terms = net.export();
    return terms === null
      ? null
      : {
          featureMap: this.#featureMap,
          embeddingDimension: this.#table.dimension,
          bias: bias.values[0]!,
          linear: net.readsSums ? this.#table.linear.values : null,
          embedding: this.#table.vectors.values,
          ...terms,
        };
  }

  /** The towers as they stand, where the family has them; as `export`. */
  exportTowers(): FloatTowers | null {
    const { net, bias } = this.#network;
    const towers = net.exportTowers?.();
    if (!towers) return null;
    const { dimension: embeddingDimension, vectors } = this.#table;
    return { featureMap: this.#featureMap, embeddingDimension, embedding: vectors.values, bias: bias.values[0]!, ...towers };
  }

  #state(): Float32Array[] {
    const statistics = this.#network.net.terms.flatMap((term) => term.statistics);
    return [
      this.#table.vectors.values,
      this.#table.linear.values,
      ...this.#network.parameters.map(({ values }) => values),
      ...statistics.flatMap(({ mean, variance }) => [mean, variance]),
    ];
  }

  #gather(): Gathered {
    const count = this.#batch.exampleCount;
    if (this.#sums.length < count) {
      this.#sums = new Float32Array(count);
      this.#x0 = new Float32Array(count * this.#width);
    }
    const width = this.#network.net.readsX0 ? this.#width : 0;
    this.#table.gather(this.#batch, this.#x0, width, this.#sums);
    return { count, width, x0: this.#x0, sums: this.#sums };
  }
}
