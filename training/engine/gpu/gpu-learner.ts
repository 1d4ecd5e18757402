// A learner whose whole state is in GPU memory: a step uploads the batch's rows, and reads back one small vector, later.
import * as tf from "@tensorflow/tfjs";
import * as v from "valibot";
import { type FeatureMap, layoutFields } from "../../../shared/features/feature-map.ts";
import { HistoryFamily } from "../../../shared/tasks/family.ts";
import type { Task } from "../../../shared/tasks/task.ts";
import type { Dataset } from "../../dataset/dataset.ts";
import { createNet, embeddingDimensionOf } from "../../model/family.ts";
import type { FloatModel } from "../../model/float-model.ts";
import type { FloatTowers } from "../../model/float-two-tower.ts";
import type { Inputs, RunningStatistics } from "../../model/net.ts";
import { type HistoryLayout, layoutHistories, shapeOf } from "../history-layout.ts";
import { type Learner, type LearnerState, overwrite, type Snapshot } from "../learner.ts";
import { Network } from "../network.ts";
import type { Random } from "../random.ts";
import { fillVectors } from "../table.ts";
import { DenseParameters } from "./dense-parameters.ts";
import { Gpu } from "./device.ts";
import { DropoutMasks } from "./dropout.ts";
import { createBatch, fillBatch, type IndexedBatch } from "./indexed-batch.ts";
import { observe, type RecordedNet, recordNet, reportLength } from "./recorded-net.ts";
import { sortInThread } from "./row-sorter.ts";
import { type BatchBuffers, GpuTable } from "./table.ts";

/** Recordings kept: a training's batches have two sizes, those of the windows of a split on disk a few more. */
const MAX_NETS = 4;

/** A step that is with the GPU. */
interface Submitted {
  readonly net: RecordedNet;
  readonly report: Promise<Float32Array>;
}

export class GpuLearner implements Learner {
  /** While one is computed and one waits, one is sorted and one filled. */
  readonly stepsInFlight = 3;
  /** What this thread has spent on steps so far; `submit` includes `upload`. */
  readonly spentMs = { fill: 0, upload: 0, submit: 0 };
  readonly #gpu = new Gpu();
  readonly #featureMap: FeatureMap;
  readonly #histories: readonly HistoryLayout[];
  readonly #dimension: number;
  readonly #network: Network;
  readonly #table: GpuTable;
  readonly #dense: DenseParameters;
  readonly #dropout: Random;
  readonly #masks: DropoutMasks;
  readonly #l2Dense: number;
  /** Batches that nobody works on. */
  readonly #free: IndexedBatch[] = [];
  readonly #buffers: { -readonly [Name in keyof BatchBuffers]: GPUBuffer };
  /** Steps begun, and those submitted. */
  #steps = 0;
  #updates = 0;
  /** By number of examples, the one last used last. */
  readonly #nets = new Map<number, RecordedNet>();
  #submitted: Promise<unknown> = Promise.resolve();
  /** Whether the parameters here are those on the GPU. */
  #pulled = true;
  /** Resolved when the reports of all steps so far have been read. */
  #reports: Promise<unknown> = Promise.resolve();

  /** @throws CodedError `table_too_large` */
  constructor({ model, training }: Task, featureMap: FeatureMap, random: Random) {
    const gpu = this.#gpu;
    const dimension = embeddingDimensionOf(model);
    const layout = layoutFields(featureMap, dimension);
    const histories = v.is(HistoryFamily, model.family) ? layoutHistories(layout, dimension) : [];
    const shape = shapeOf(layout, histories, dimension);
    const net = createNet(model, shape, random.fork("net"));
    const { rowCount } = featureMap;
    this.#featureMap = featureMap;
    this.#histories = histories;
    this.#dimension = dimension;
    this.#l2Dense = training.l2Dense;
    this.#dropout = random.fork("dropout");
    this.#network = new Network(net, this.#dropout);
    this.#dense = new DenseParameters(gpu, this.#network.parameters, training.optimizer);
    this.#masks = new DropoutMasks(gpu);
    this.#table = new GpuTable({
      ...{ gpu, layout, histories, width: shape.width, rowCount, dimension },
      optimizer: training.optimizer,
      l2: training.l2Embedding,
      reads: { x0: net.readsX0, sums: net.readsSums },
      createVectors: () => fillVectors(new Float32Array(rowCount * dimension), random.fork("table")),
    });
    const none = () => gpu.createBuffer(16);
    this.#buffers = { words: none(), x0: none(), sums: none(), labels: none(), through: none() };
  }

  /** Resolves to the batch's mean logloss before the update, once the GPU is done with it: the next steps need not wait. */
  step(data: Dataset, order: Int32Array, from: number, to: number, learningRate: number): Promise<number> {
    const begun = performance.now();
    const filled = this.#free.pop() ?? createBatch();
    fillBatch(filled, data, order, from, to, this.#histories);
    this.spentMs.fill += performance.now() - begun;
    const sorted = sortInThread(filled, this.#table.history, ++this.#steps);
    const before = this.#reports;
    const submitted = Promise.all([sorted, this.#submitted]).then(([batch]) => this.#submit(batch, learningRate));
    const loss = submitted.then((step) => this.#read(step, before));
    this.#submitted = submitted;
    this.#reports = loss;
    return loss;
  }

  /** Hands a step to the GPU, whose report comes when it is done. */
  #submit(batch: IndexedBatch, learningRate: number): Submitted {
    const begun = performance.now();
    this.#upload(batch);
    this.spentMs.upload += performance.now() - begun;
    const net = this.#netFor(batch.exampleCount);
    const step = { learningRate, l2: this.#l2Dense, updates: ++this.#updates };
    this.#gpu.submit((pass) => {
      this.#table.catchUp(pass, batch, this.#buffers, learningRate);
      this.#table.gather(pass, batch, this.#buffers);
      for (const { buffer, length, rate } of net.masks)
        this.#masks.draw(pass, buffer, length, this.#dropout.drawDropout(length, rate));
      net.recording.replay(pass);
      this.#table.update(pass, batch, this.#buffers, net, learningRate);
      this.#dense.update(pass, net.parameters, step);
    });
    this.#free.push(batch);
    this.#pulled = false;
    const report = this.#gpu.read(net.report, reportLength(net));
    this.spentMs.submit += performance.now() - begun;
    return { net, report };
  }

  /** Reads a report behind those before it. */
  async #read({ net, report }: Submitted, before: Promise<unknown>): Promise<number> {
    const [values] = await Promise.all([report, before]);
    return observe(net, values);
  }

  /** The net's programs for batches of that size. A size is recorded when it is first met, which takes as long as a few steps. */
  #netFor(exampleCount: number): RecordedNet {
    const net = this.#nets.get(exampleCount) ?? this.#recordNet(exampleCount);
    this.#nets.delete(exampleCount);
    this.#nets.set(exampleCount, net);
    const [oldest] = this.#nets.keys();
    if (this.#nets.size > MAX_NETS) this.#dropNet(oldest!);
    return net;
  }

  #recordNet(exampleCount: number): RecordedNet {
    const createInputs = () => {
      const names = this.isJoint ? (["labels", "through"] as const) : (["labels"] as const);
      const targets = names.map((name) => this.#gpu.tensorOf(this.#buffers[name], [exampleCount, 1]));
      return { inputs: this.#inputs(exampleCount), targets };
    };
    const maskTensor = (index: number, shape: [number, number]) => this.#masks.tensorOf(index, shape);
    return recordNet(this.#gpu, this.#network, createInputs, this.#dense.tensors, maskTensor);
  }

  #dropNet(exampleCount: number): void {
    this.#nets.get(exampleCount)?.recording.destroy();
    this.#nets.delete(exampleCount);
  }

  async settle(learningRate: number): Promise<void> {
    await this.#submitted;
    this.#table.catchUpAll(this.#steps, learningRate);
  }

  async logits(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array> {
    return this.#predict(data, order.subarray(from, to), (inputs) => this.#network.predict(inputs));
  }

  async logitsAfterThrough(data: Dataset, order: Int32Array, from: number, to: number): Promise<Float32Array> {
    return this.#predict(data, order.subarray(from, to), (inputs) => this.#network.predictAfterThrough(inputs));
  }

  async #predict(data: Dataset, examples: Int32Array, run: (inputs: Inputs) => tf.Tensor2D): Promise<Float32Array> {
    await this.#pull();
    const batch = this.#free.pop() ?? createBatch();
    fillBatch(batch, data, examples, 0, examples.length, this.#histories);
    this.#upload(batch);
    this.#gpu.submit((pass) => this.#table.gather(pass, batch, this.#buffers));
    const logits = tf.tidy(() => run(this.#inputs(batch.exampleCount)));
    this.#free.push(batch);
    const values = (await logits.data()) as Float32Array; // every tensor of a net is float32
    logits.dispose();
    return values;
  }

  get isJoint(): boolean {
    return this.#network.net.join !== undefined;
  }

  async snapshot(): Promise<Snapshot> {
    await this.#pull();
    const { vectors, linear } = await this.#table.read();
    const { parameters } = this.#network;
    const statistics = this.#statistics().flatMap(({ mean, variance }) => [mean.slice(), variance.slice()]);
    return [vectors, linear, ...parameters.map(({ values }) => values.slice()), ...statistics];
  }

  async restore([vectors, linear, ...dense]: Snapshot): Promise<void> {
    await this.#reports;
    this.#table.write({ vectors: vectors!, linear: linear! });
    const own = [
      ...this.#network.parameters.map(({ values }) => values),
      ...this.#statistics().flatMap(({ mean, variance }) => [mean, variance]),
    ];
    own.forEach((values, index) => void values.set(dense[index]!));
    this.#dense.push();
    this.#pulled = true;
  }

  /** In the order of `HostLearner`'s. */
  async state(): Promise<LearnerState> {
    await this.#reports;
    const [table, dense] = await Promise.all([this.#table.state(), this.#dense.state()]);
    const counters = [this.#steps, this.#updates, this.#dropout.position];
    const statistics = this.#statistics();
    return [
      ...table,
      ...dense,
      ...statistics.flatMap(({ mean, variance }) => [mean, variance]),
      Int32Array.of(...counters, ...statistics.map(({ observed }) => observed)),
    ];
  }

  async resume(state: LearnerState): Promise<void> {
    const own = await this.state();
    const statistics = this.#statistics();
    const tableLength = this.#table.stateLength;
    overwrite(own, state);
    this.#table.resume(own.slice(0, tableLength));
    this.#dense.resume(own.slice(tableLength, own.length - 1 - 2 * statistics.length) as Float32Array[]); // as `state` lists them
    const [step, updates, position, ...observed] = Array.from(own.at(-1)!) as [number, number, number, ...number[]]; // likewise
    this.#steps = step;
    this.#updates = updates;
    this.#dropout.seek(position);
    statistics.forEach((one, index) => {
      one.observed = observed[index]!;
    });
    this.#pulled = false;
  }

  /** The model as it stands; null where the family is a teacher. */
  async export(): Promise<FloatModel | null> {
    await this.#pull();
    const { net, bias } = this.#network;
    const terms = net.export();
    if (terms === null) return null;
    const { vectors, linear } = await this.#table.read();
    return {
      featureMap: this.#featureMap,
      embeddingDimension: this.#dimension,
      bias: bias.values[0]!,
      linear: net.readsSums ? linear : null,
      embedding: vectors,
      ...terms,
    };
  }

  async exportTowers(): Promise<FloatTowers | null> {
    await this.#pull();
    const { net, bias } = this.#network;
    const towers = net.exportTowers?.();
    if (!towers) return null;
    const { vectors } = await this.#table.read();
    return {
      ...{ featureMap: this.#featureMap, embeddingDimension: this.#dimension, embedding: vectors, bias: bias.values[0]! },
      ...towers,
    };
  }

  #statistics(): RunningStatistics[] {
    return this.#network.net.terms.flatMap((term) => term.statistics);
  }

  /** Parameters and running statistics as of the last step. */
  async #pull(): Promise<void> {
    await this.#reports;
    if (!this.#pulled) await this.#dense.pull();
    this.#pulled = true;
  }

  #inputs(exampleCount: number): Inputs {
    const { width } = this.#table;
    return {
      x0: this.#gpu.tensorOf(this.#buffers.x0, [exampleCount, width]),
      sums: this.#gpu.tensorOf(this.#buffers.sums, [exampleCount, 1]),
    };
  }

  #upload({ words, wordCount, labels, through, exampleCount }: IndexedBatch): void {
    this.#reserve("words", wordCount);
    this.#reserve("labels", exampleCount);
    this.#reserve("sums", exampleCount);
    this.#reserve("x0", exampleCount * this.#table.width);
    this.#reserve("through", through.length);
    this.#gpu.upload(this.#buffers.words, words.subarray(0, wordCount));
    this.#gpu.upload(this.#buffers.labels, labels.subarray(0, exampleCount));
    if (this.isJoint) this.#gpu.upload(this.#buffers.through, through);
  }

  #reserve(name: keyof BatchBuffers, length: number): void {
    if (this.#buffers[name].size >= length * 4) return;
    if (name !== "words") for (const exampleCount of [...this.#nets.keys()]) this.#dropNet(exampleCount); // they read the old buffer
    this.#buffers[name] = this.#gpu.createBuffer(Math.ceil(length * 4 * 1.1));
  }
}
