// The weights container: safetensors (https://github.com/huggingface/safetensors), read and written.

/** Element types that we write. */
export type Dtype = "F32" | "I8" | "I32";

/** A named array. `data` is row-major; `shape` multiplies to its length. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Int32Array;
}

export declare function writeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array;
export declare function readSafetensors(bytes: Uint8Array): Map<string, Tensor>;
