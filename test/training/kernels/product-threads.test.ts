import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../training/engine/random.ts";
import type { Product } from "../../../training/kernels/product.ts";
import { ProductThreads } from "../../../training/kernels/product-threads.ts";
import { readKernel } from "../../../training/kernels/read-kernel.ts";

const PAGE_BYTES = 65_536;

/** Memory as tfjs's, handed out from the bottom up; it grows while threads work in it. */
class Heap {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  #top = 1024;

  allocate(sizeBytes: number): number {
    const pointer = this.#top;
    this.#top += Math.ceil(sizeBytes / 16) * 16;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return pointer;
  }

  free(): void {}

  place(values: Float32Array): number {
    const pointer = this.allocate(values.byteLength);
    new Float32Array(this.memory.buffer).set(values, pointer / 4);
    return pointer;
  }

  floats(pointer: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, pointer, length).slice();
  }
}

interface Shape {
  readonly count: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Bits of C on so many threads. */
function multiply(heap: Heap, threads: ProductThreads, { count, m, n, k, transposeA, transposeB }: Shape): Uint32Array {
  const random = new Random(m + n + k);
  const a = heap.place(random.fillUniform(new Float32Array(count * m * k), 1));
  const b = heap.place(random.fillUniform(new Float32Array(count * k * n), 1));
  const c = heap.allocate(4 * count * m * n);
  const product: Product = [count, a, m * k, b, k * n, c, m, n, k, Number(transposeA), Number(transposeB)];
  threads.multiply(product);
  return heap.floats(c, count * m * n);
}

const open = (heap: Heap, threads: number) => new ProductThreads(readKernel("gemm"), heap, threads);

describe("a product on several threads", () => {
  /** Past the size from which threads pay, and past the depth that is packed at once. */
  const shape = fc.record({
    count: fc.constantFrom(1, 1, 7),
    m: fc.integer({ min: 100, max: 700 }),
    n: fc.integer({ min: 60, max: 90 }),
    k: fc.constantFrom(400, 416, 417, 900),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  });

  it("has the bits that it has on one, in memory that grows", () => {
    const [one, three] = [new Heap(), new Heap()];
    const [alone, shared] = [open(one, 1), open(three, 3)];
    const property = fc.property(shape, (given) => {
      expect(multiply(three, shared, given)).toEqual(multiply(one, alone, given));
    });
    fc.assert(property, { numRuns: 25 });
  });

  it("holds no process", () => {
    const script = `
      import { ProductThreads } from "./product-threads.ts";
      import { readKernel } from "./read-kernel.ts";
      const memory = new WebAssembly.Memory({ initial: 100, maximum: 65_536, shared: true });
      const threads = new ProductThreads(readKernel("gemm"), { memory, allocate: () => 4_000_000, free() {} }, 2);
      threads.multiply([1, 1024, 0, 1024, 0, 2_000_000, 400, 100, 100, 0, 0]);
    `;
    const cwd = new URL("../../../training/kernels/", import.meta.url);
    execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd, timeout: 20_000 });
  });
});
