// Recommendations from a large inventory in one call, and its parts alone.
import { kernel } from "../../../../functions/model/kernel.ts";
import type { Tensor } from "../../../../shared/artifact/safetensors.ts";
import type { BagWriter } from "../../../../shared/features/bags.ts";
import { createKernelRetriever } from "../../../../shared/scoring/kernel-retriever.ts";
import { createKernelScorer } from "../../../../shared/scoring/kernel-scorer.ts";
import { keysOfItems, retrieveAndRank } from "../../../../shared/scoring/retrieve-and-rank.ts";
import { contextsOf, itemRows } from "../retrieval-request.ts";
import { bagsOf } from "../sample.ts";
import type { Shape } from "../shape.ts";
import type { Engine, Engines } from "./engine.ts";

interface Item {
  readonly rows: readonly number[];
}

/** Items of the answer. */
const WANTED = 10;

/** Each takes the number of items that are retrieved for the number of candidates. */
export const retrieval: Engines = {
  retrieveAndRank: { prepare: (shape, count) => recommend(shape, count, (item) => item) },
  retrieveAndRankUncached: { prepare: (shape, count) => recommend(shape, count, (item) => ({ ...item })) },
  retrieve: { prepare: (shape, count) => retrieve(shape, count) },
  retrieveOne: { prepare: (shape) => retrieve(shape, 1) },
  tower: { prepare: (shape) => retrieve(withItems(shape, 16), 1) },
  rank: { prepare: (shape, count) => rank(shape, count) },
};

function retrieve(shape: Shape, wanted: number): ReturnType<Engine["prepare"]> {
  const retriever = createKernelRetriever(kernel, shape);
  const nextContext = takeTurns(contextsOf(shape).map((rows) => bagsOf([rows])));
  return { run: () => retriever.retrieve(nextContext(), wanted).scores };
}

/** `keyOf` gives the object by which the scorer knows an item: always the same, or another each time, which it then encodes anew. */
function recommend(shape: Shape, retrieved: number, keyOf: (item: Item) => Item): ReturnType<Engine["prepare"]> {
  const retriever = createKernelRetriever(kernel, shape);
  const itemOf = keysOfItems(retriever, (id): Item => ({ rows: itemRows(shape, Number(id)) }));
  const recommender = {
    retriever,
    scorer: createKernelScorer(kernel, shape, shape.calibration),
    keyOf: (index: number) => keyOf(itemOf(index) as Item), // every item has one
    encode,
  };
  const nextContext = takeTurns(contextsOf(shape).map((rows) => bagsOf([rows])));
  return {
    run() {
      const context = nextContext();
      const request = { towerContext: context, rankingContext: context, retrieved, wanted: WANTED };
      return retrieveAndRank(recommender, request).probabilities;
    },
  };
}

/** Of the same items in each context: what the ranking model's scorer takes for as many. */
function rank(shape: Shape, count: number): ReturnType<Engine["prepare"]> {
  const scorer = createKernelScorer(kernel, shape, shape.calibration);
  const items = Array.from({ length: count }, (_, item): Item => ({ rows: itemRows(shape, item) }));
  const nextContext = takeTurns(contextsOf(shape).map((rows) => bagsOf([rows])));
  return { run: () => scorer.scoreCached(nextContext(), items, encode).probabilities };
}

function encode({ rows }: Item, into: BagWriter): void {
  for (const row of rows) {
    into.add(row, 1);
    into.close();
  }
}

function takeTurns<T>(all: readonly T[]): () => T {
  let turn = 0;
  return () => all[turn++ % all.length] as T; // not empty
}

/** The first items alone. */
function withItems({ architecture, tensors, ...shape }: Shape, count: number): Shape {
  const retrieval = architecture.retrieval && { ...architecture.retrieval, items: count };
  const ends = tensors.get("items.idEnd")?.data ?? new Int32Array();
  const cut = ([name, tensor]: [string, Tensor]): [string, Tensor] => {
    if (!name.startsWith("items.")) return [name, tensor];
    const [rows = 1, ...rest] = tensor.shape;
    const first = name === "items.id" ? (ends[count - 1] as number) : count; // of bytes, or of rows
    return [name, { ...tensor, shape: [first, ...rest], data: tensor.data.slice(0, (tensor.data.length / rows) * first) }];
  };
  return { ...shape, architecture: { ...architecture, retrieval }, tensors: new Map([...tensors].map(cut)) };
}
