// A model in the making: tables outside tfjs, the net inside, one update rule for both.
import * as v from "valibot";
import { type FeatureMap, type FieldLayout, layoutFields } from "../../shared/features/feature-map.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { HistoryFamily } from "../../shared/tasks/family.ts";
import type { Task } from "../../shared/tasks/task.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { createNet, embeddingDimensionOf } from "../model/family.ts";
import type { FloatModel } from "../model/float-model.ts";
import type { FloatTowers } from "../model/float-two-tower.ts";
import type { RunningStatistics } from "../model/net.ts";
import { Batch, fillBatch } from "./batch.ts";
import { type HistoryLayout, layoutHistories, shapeOf } from "./history-layout.ts";
import { type Gathered, Network } from "./network.ts";
import type { Random } from "./random.ts";
import { EmbeddingTable } from "./table.ts";
import { createWeights, UPDATE_RULES, type UpdateRule, type Weights } from "./update-rule.ts";

/** Copies of all that a model predicts from. */
export type Snapshot = readonly Float32Array[];

/** All that later steps depend on: weights, the optimiser's state, running statistics, counters. */
export type LearnerState = readonly (Float32Array | Int32Array)[];

/** What a training asks of the model in its hands, wherever its weights live. */
export interface Learner {
  /** Steps that may be under way when the next is begun. */
  readonly stepsInFlight: number;
  /** Learns from the examples `order[from .. to - 1]`; gives their mean loss before the update. */
  step(data: Dataset, order: Int32Array, from: number, to: number, learningRate: number): Promise<number>;
  /** Ends an epoch: decay that untouched rows still owe. Due before predicting, and before the learning rate changes. */
  settle(learningRate: number): Promise<void>;
  /** Logits of the examples `order[from .. to - 1]`. */
  logits(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array>;
  /** As `logits`, of the label once the step on the way to it is taken; for families that learn both. */
  logitsAfterThrough(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array>;
  /** Whether the family learns the step on the way to the label too. */
  readonly isJoint: boolean;
  snapshot(): Promise<Snapshot>;
  restore(snapshot: Snapshot): Promise<void>;
  /** The state between two steps, valid until the next: not always copies. */
  state(): Promise<LearnerState>;
  /** Goes on from a state of a learner of the same task, features and device. Throws `checkpoint_unusable` where it is of another shape. */
  resume(state: LearnerState): Promise<void>;
  /** The model as it stands; null where no served term computes it. Shares memory with the learner, which is done by then. */
  export(): Promise<FloatModel | null>;
  /** The towers as they stand, where the family has them; as `export`. */
  exportTowers(): Promise<FloatTowers | null>;
}

/** Everything in this machine's memory, but for what the device computes a step with. */
export class HostLearner implements Learner {
  readonly stepsInFlight = 0;
  readonly #featureMap: FeatureMap;
  readonly #layout: readonly FieldLayout[];
  readonly #histories: readonly HistoryLayout[];
  readonly #table: EmbeddingTable;
  readonly #network: Network;
  readonly #dropout: Random;
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
    this.#histories = v.is(HistoryFamily, model.family) ? layoutHistories(this.#layout, dimension) : [];
    const shape = shapeOf(this.#layout, this.#histories, dimension);
    this.#width = shape.width;
    this.#rule = UPDATE_RULES[training.optimizer];
    this.#l2Dense = training.l2Dense;
    const net = createNet(model, shape, random.fork("net"));
    this.#dropout = random.fork("dropout");
    this.#network = new Network(net, this.#dropout);
    this.#dense = this.#network.parameters.map(({ values }) => createWeights(values, this.#rule));
    this.#table = new EmbeddingTable({
      rowCount: featureMap.rowCount,
      dimension,
      rule: this.#rule,
      l2: training.l2Embedding,
      random: random.fork("table"),
    });
  }

  async step(data: Dataset, order: Int32Array, from: number, to: number, learningRate: number): Promise<number> {
    fillBatch(this.#batch, data, this.#layout, order, from, to, this.#histories);
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

  async settle(learningRate: number): Promise<void> {
    this.#table.catchUpAll(learningRate);
  }

  async logits(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array> {
    fillBatch(this.#batch, data, this.#layout, order, from, to, this.#histories);
    return this.#network.logits(this.#gather());
  }

  async logitsAfterThrough(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array> {
    fillBatch(this.#batch, data, this.#layout, order, from, to);
    return this.#network.logitsAfterThrough(this.#gather());
  }

  get isJoint(): boolean {
    return this.#network.net.join !== undefined;
  }

  async snapshot(): Promise<Snapshot> {
    return this.#predictive().map((values) => values.slice());
  }

  async restore(snapshot: Snapshot): Promise<void> {
    overwrite(this.#predictive(), snapshot);
  }

  async state(): Promise<LearnerState> {
    return [...this.#stateArrays(), this.#counters()];
  }

  async resume(state: LearnerState): Promise<void> {
    const counters = this.#counters();
    overwrite([...this.#stateArrays(), counters], state);
    const [step, updates, position, ...observed] = counters as Iterable<number> as [number, number, number, ...number[]]; // as #counters lists them
    this.#table.step = step;
    this.#updates = updates;
    this.#dropout.seek(position);
    this.#statistics().forEach((statistics, index) => {
      statistics.observed = observed[index]!;
    });
  }

  async export(): Promise<FloatModel | null> {
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

  async exportTowers(): Promise<FloatTowers | null> {
    const { net, bias } = this.#network;
    const towers = net.exportTowers?.();
    if (!towers) return null;
    const { dimension: embeddingDimension, vectors } = this.#table;
    return { featureMap: this.#featureMap, embeddingDimension, embedding: vectors.values, bias: bias.values[0]!, ...towers };
  }

  #statistics(): RunningStatistics[] {
    return this.#network.net.terms.flatMap((term) => term.statistics);
  }

  #predictive(): Float32Array[] {
    return [
      this.#table.vectors.values,
      this.#table.linear.values,
      ...this.#network.parameters.map(({ values }) => values),
      ...this.#statistics().flatMap(({ mean, variance }) => [mean, variance]),
    ];
  }

  #stateArrays(): (Float32Array | Int32Array)[] {
    return [
      ...this.#table.state(),
      ...this.#dense.flatMap(({ values, slots }) => [values, ...slots]),
      ...this.#statistics().flatMap(({ mean, variance }) => [mean, variance]),
    ];
  }

  #counters(): Int32Array {
    return Int32Array.of(
      this.#table.step,
      this.#updates,
      this.#dropout.position,
      ...this.#statistics().map(({ observed }) => observed),
    );
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

/** Nothing is changed unless every array fits. */
export function overwrite(own: LearnerState, kept: LearnerState): void {
  const fits = own.length === kept.length && own.every((values, index) => isAlike(values, kept[index]!));
  if (!fits) throw new CodedError("checkpoint_unusable", "", "the checkpoint is of a model of another shape: begin anew");
  own.forEach((values, index) => {
    values.set(kept[index]!);
  });
}

const isAlike = (a: LearnerState[number], b: LearnerState[number]): boolean =>
  a.constructor === b.constructor && a.length === b.length;
