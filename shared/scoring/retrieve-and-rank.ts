// Recommendations from a large inventory in one call: the towers find some hundred items, the ranking model orders those.
import type { Bags, BagWriter } from "../features/bags.ts";
import type { Retriever } from "./retriever.ts";
import type { CachingScorer } from "./scorer.ts";

/** Made once for a pair of models and a catalog. */
export interface Recommender<Key extends object> {
  readonly retriever: Retriever;
  readonly scorer: CachingScorer;
  /** What stands for an item, always the same object (see `keysOfItems`); null: it is not to be recommended. */
  readonly keyOf: (item: number) => Key | null;
  /** Appends the item's one example for the ranking model. */
  readonly encode: (key: Key, into: BagWriter) => void;
}

/** One context, encoded for each of the two models. */
export interface RecommendationRequest {
  readonly towerContext: Bags;
  readonly rankingContext: Bags;
  /** Items that are retrieved; those without a key are among them. */
  readonly retrieved: number;
  /** Items of the answer, at most. */
  readonly wanted: number;
}

/** Best first by the ranking model's logit, of equal ones by the towers' score; [at most `wanted`] each, the caller's own. */
export interface Recommendations<Key> {
  readonly items: Int32Array;
  readonly keys: readonly Key[];
  readonly logits: Float32Array;
  readonly probabilities: Float64Array;
}

/**
 * Retrieves and ranks. Allocates a few arrays a call, and nothing an item.
 *
 * @throws Error where bags hold rows that are not their field's
 * @example retrieveAndRank(recommender, { towerContext, rankingContext, retrieved: 200, wanted: 10 }).keys;
 */
export function retrieveAndRank<Key extends object>(
  { retriever, scorer, keyOf, encode }: Recommender<Key>,
  { towerContext, rankingContext, retrieved, wanted }: RecommendationRequest,
): Recommendations<Key> {
  const found = retriever.retrieve(towerContext, retrieved).indices.slice(); // the next selection overwrites it
  const candidates: Key[] = [];
  for (const item of found) {
    const key = keyOf(item);
    if (key !== null) found[candidates.push(key) - 1] = item; // moves up over items without a key
  }
  const scores = scorer.scoreCached(rankingContext, candidates, encode);
  const positions = retriever.selectBest(scores.logits, wanted).indices;
  return {
    items: Int32Array.from(positions, (position) => found[position] as number), // positions among the candidates
    keys: Array.from(positions, (position) => candidates[position] as Key), // as above
    logits: Float32Array.from(positions, (position) => scores.logits[position] as number), // as above
    probabilities: Float64Array.from(positions, (position) => scores.probabilities[position] as number), // as above
  };
}

/**
 * `keyOf` by the items' ids, each looked up when it is first retrieved. To be made anew with the retriever and with whatever `find`
 * looks in.
 *
 * @example const keyOf = keysOfItems(retriever, (id) => catalog.creatives.get(id)?.features);
 */
export function keysOfItems<Key extends object>(
  retriever: Retriever,
  find: (id: string) => Key | undefined,
): (item: number) => Key | null {
  const keys: (Key | null | undefined)[] = new Array(retriever.itemCount);
  return (item) => {
    const known = keys[item];
    return known === undefined ? (keys[item] = find(retriever.idOf(item)) ?? null) : known;
  };
}
