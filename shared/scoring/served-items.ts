// The item table of retrieval: what the architecture and the tensors say of it, and the arithmetic that it asks for.
import { activationRange } from "./architecture.ts";
import type { ServedModel } from "./scorer.ts";
import { float32Tensor, int8Tensor, int32Tensor } from "./served-layers.ts";

/** score j = f32(f32(integer sum) * factor[j]) + bias[j], the sum of vector [count, dimension] times the query's activations. */
export interface ServedItems {
  readonly count: number;
  readonly dimension: number;
  /** Of the query's activations. */
  readonly lowest: number;
  readonly highest: number;
  readonly vector: Int8Array;
  /** Query scale * scale[j], in f32; [count] */
  readonly factor: Float32Array;
  /** [count] */
  readonly bias: Float32Array;
  readonly ids: ItemIds;
}

/** UTF-8, one after the other; `ends` [count] says where each ends. */
export interface ItemIds {
  readonly bytes: Int8Array;
  readonly ends: Int32Array;
}

const QUERY_BITS = 7;

/** @throws Error where the model has no items. It must have passed `validateServedModel`. */
export function servedItems(model: ServedModel): ServedItems {
  const { retrieval } = model.architecture;
  if (retrieval === null) throw new Error("a model without retrieval has no items");
  const [lowest, highest] = activationRange(QUERY_BITS, true);
  const queryScale = Math.fround(retrieval.queryScale);
  return {
    count: retrieval.items,
    dimension: retrieval.dimension,
    lowest,
    highest,
    vector: int8Tensor(model, "items.vector"),
    factor: float32Tensor(model, "items.scale").map((scale) => queryScale * scale),
    bias: float32Tensor(model, "items.bias"),
    ids: { bytes: int8Tensor(model, "items.id"), ends: int32Tensor(model, "items.idEnd") },
  };
}

const utf8 = new TextDecoder();

/**
 * The id of an item.
 *
 * @throws RangeError where there is no such item
 * @example readId(items.ids, 7); // "article-1234"
 */
export function readId({ bytes, ends }: ItemIds, item: number): string {
  const end = ends[item];
  if (end === undefined) throw new RangeError(`no item ${item} of ${ends.length}`);
  return utf8.decode(bytes.subarray(ends[item - 1] ?? 0, end));
}
