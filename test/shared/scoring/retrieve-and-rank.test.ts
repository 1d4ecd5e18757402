// One call from a context to recommendations: what scoring every item with both models and sorting would give.
import { describe, expect, it } from "vitest";
import { type BagWriter, sliceBags } from "../../../shared/features/bags.ts";
import module from "../../../shared/scoring/kernel/scorer.wasm";
import { createKernelRetriever } from "../../../shared/scoring/kernel-retriever.ts";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import { createReferenceScorer } from "../../../shared/scoring/reference.ts";
import { createReferenceRetriever } from "../../../shared/scoring/retrieval-reference.ts";
import { keysOfItems, type RecommendationRequest, retrieveAndRank } from "../../../shared/scoring/retrieve-and-rank.ts";
import { float32Tensor } from "../../../shared/scoring/served-layers.ts";
import { randomBags, randomModel } from "./random-model.ts";
import { randomRetrieval } from "./random-retrieval.ts";

interface Item {
  readonly index: number;
}

const ITEMS = 600;
const towers = randomRetrieval(1, { items: ITEMS, width: 12, tower: [16], extreme: false });
const ranking = randomModel(2, {
  context: 2,
  candidate: 3,
  dimension: 4,
  linear: true,
  fm: true,
  cross: 0,
  hidden: [8],
  extreme: false,
  values: true,
});
const features = randomBags(3, ranking, "candidate", ITEMS);
const catalog = new Map<string, Item>(Array.from({ length: ITEMS }, (_, index) => [`item-${index}-é`, { index }]));
const calibration = { slope: 1.5, intercept: -1 };

function encode({ index }: Item, into: BagWriter): void {
  const { fieldCount, offsets, rows, weights } = features;
  for (let bag = index * fieldCount; bag < (index + 1) * fieldCount; bag++) {
    for (let k = offsets[bag] as number; k < (offsets[bag + 1] as number); k++) into.add(rows[k] as number, weights[k] as number);
    into.close();
  }
}

const requestOf = (seed: number, sizes: Pick<RecommendationRequest, "retrieved" | "wanted">): RecommendationRequest => ({
  towerContext: randomBags(seed, towers, "context", 1),
  rankingContext: randomBags(seed, ranking, "context", 1),
  ...sizes,
});

/** By the slow models, one item at a time; `has` says which items are to be recommended. */
function expectedOf({ towerContext, rankingContext, retrieved, wanted }: RecommendationRequest, has: (item: number) => boolean) {
  const scorer = createReferenceScorer(ranking, calibration);
  const found = [...createReferenceRetriever(towers).retrieve(towerContext, retrieved).indices].filter(has);
  const scored = found.map((item, position) => {
    const { logits, probabilities } = scorer.score(rankingContext, sliceBags(features, item, 1));
    return { item, position, logit: logits[0] as number, probability: probabilities[0] as number };
  });
  return scored.sort((a, b) => b.logit - a.logit || a.position - b.position).slice(0, wanted);
}

function makeRecommender(find: (id: string) => Item | undefined) {
  const retriever = createKernelRetriever(module, towers);
  return { retriever, scorer: createKernelScorer(module, ranking, calibration), keyOf: keysOfItems(retriever, find), encode };
}

describe("retrieveAndRank", () => {
  const recommender = makeRecommender((id) => catalog.get(id));

  it.each([
    { retrieved: 200, wanted: 10 },
    { retrieved: 40, wanted: 40 },
    { retrieved: 1, wanted: 5 },
    { retrieved: 5000, wanted: 5000 },
    { retrieved: 20, wanted: 0 },
    { retrieved: 0, wanted: 3 },
  ])("retrieves $retrieved of 600 and gives the best $wanted by the ranking model", (sizes) => {
    for (const seed of [10, 11, 12]) {
      const request = requestOf(seed, sizes);
      const best = retrieveAndRank(recommender, request);
      const expected = expectedOf(request, () => true);
      expect([...best.items]).toEqual(expected.map(({ item }) => item));
      expect(best.keys.map(({ index }) => index)).toEqual([...best.items]);
      expect([...best.logits]).toEqual(expected.map(({ logit }) => logit));
      expect([...best.probabilities]).toEqual(expected.map(({ probability }) => probability));
    }
  });

  it("leaves out items that the catalog does not have", () => {
    const has = (item: number) => item % 3 !== 0;
    const partial = makeRecommender((id) => (has(catalog.get(id)?.index ?? 0) ? catalog.get(id) : undefined));
    const request = requestOf(13, { retrieved: 200, wanted: 200 });
    const best = retrieveAndRank(partial, request);
    expect([...best.items]).toEqual(expectedOf(request, has).map(({ item }) => item));
    expect(best.items.length).toBeLessThan(200);
    expect(
      retrieveAndRank(
        makeRecommender(() => undefined),
        request,
      ).items,
    ).toHaveLength(0);
  });

  it("gives what stays as it is: a later call overwrites nothing", () => {
    const first = retrieveAndRank(recommender, requestOf(14, { retrieved: 50, wanted: 5 }));
    const kept = structuredClone(first);
    retrieveAndRank(recommender, requestOf(15, { retrieved: 50, wanted: 5 }));
    expect(first).toEqual(kept);
  });

  it("gives items of equal logits in the order in which the towers put them", () => {
    const flat = {
      ...ranking,
      tensors: new Map([...ranking.tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }])),
    };
    for (const name of flat.tensors.keys()) if (name === "linear" || name.endsWith("scale")) float32Tensor(flat, name).fill(0);
    const request = requestOf(16, { retrieved: 30, wanted: 30 });
    const best = retrieveAndRank({ ...recommender, scorer: createKernelScorer(module, flat) }, request);
    expect([...best.items]).toEqual([...recommender.retriever.retrieve(request.towerContext, 30).indices]);
  });
});

describe("keysOfItems", () => {
  it("looks each id up once, whether it is there or not", () => {
    const asked: string[] = [];
    const keyOf = keysOfItems(createKernelRetriever(module, towers), (id) => {
      asked.push(id);
      return catalog.get(id === "item-1-é" ? "" : id);
    });
    expect([keyOf(0), keyOf(1), keyOf(0), keyOf(1)].map((key) => key?.index)).toEqual([0, undefined, 0, undefined]);
    expect(asked).toEqual(["item-0-é", "item-1-é"]);
  });
});
