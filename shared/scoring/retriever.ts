// What a retriever is. The wasm kernel and the slow reference both are one, and must agree bit for bit.
import type { Bags } from "../features/bags.ts";

/** Best first, of equal scores the lower index; views that the retriever's next call overwrites. */
export interface Best {
  readonly indices: Int32Array;
  /** f32, never -0; NaN, where it can occur, is worse than any number. */
  readonly scores: Float32Array;
}

export interface Retriever {
  readonly itemCount: number;

  /**
   * The items with the `wanted` highest scores in one context (`context.count` = 1); all of them where there are no more. Exact:
   * every item is scored.
   *
   * @example retriever.retrieve(bags.context.view(), 200).indices; // Int32Array [200]
   */
  retrieve(context: Bags, wanted: number): Best;

  /** The `wanted` highest of any scores. */
  selectBest(scores: Float32Array, wanted: number): Best;

  /** The id by which an item was published. @throws RangeError where there is no such item */
  idOf(item: number): string;
}
