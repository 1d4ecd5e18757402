// Puts our matrix products and sum of rows in the place of tfjs's own on its wasm backend, and adds the kernels of our own operations.
// They work in tfjs's memory: nothing is copied.
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { ProductThreads } from "./product-threads.ts";
import { readKernel } from "./read-kernel.ts";
import { type OwnKernels, registerOwnKernels } from "./register-own.ts";

/** The exports of assembly/rows.ts and assembly/batch-norm.ts. */
interface Passes extends OwnKernels {
  sumRows(x: number, sums: number, m: number, n: number): void;
}

/** What emscripten's module object has beyond what tfjs's types tell: its exports, and the allocator. */
interface EmscriptenModule {
  readonly asm: { readonly memory: WebAssembly.Memory };
  _malloc(sizeBytes: number): number;
  _free(pointer: number): void;
}

const registered = new WeakMap<object, ProductThreads>();

/** Registers our kernels for the running wasm backend; a second call for the same backend changes nothing but the number of threads. */
export async function registerKernels(threadCount?: number): Promise<void> {
  const backend = tf.backend() as unknown as BackendWasm; // only called when "wasm" is the backend
  const known = registered.get(backend);
  if (known) {
    known.count = threadCount ?? known.count;
    return;
  }
  const { asm, _malloc, _free } = backend.wasm as unknown as EmscriptenModule; // emscripten's object, under-typed by tfjs
  const { memory } = asm;
  const load = async (name: "rows" | "batch-norm"): Promise<object> =>
    (await WebAssembly.instantiate(readKernel(name), { env: { memory } })).exports;
  const heap = { memory, allocate: (sizeBytes: number) => _malloc(sizeBytes) >>> 0, free: _free };
  const threads = new ProductThreads(readKernel("gemm"), heap, threadCount ?? availableParallelism());
  const passes = { ...(await load("rows")), ...(await load("batch-norm")) } as Passes; // see there
  replaceKernel("BatchMatMul", isProduct, createProduct(threads));
  replaceKernel("Sum", isSumOfRows, createSumOfRows(passes));
  replaceKernel("Identity", () => true, share);
  replaceKernel("Cast", ({ inputs, attrs }) => inputs.x!.dtype === attrs?.dtype, share);
  registerOwnKernels(passes);
  registered.set(backend, threads);
}

type KernelCall = Parameters<tf.KernelFunc>[0];

/** Puts `ours` before tfjs's own kernel, for the calls that it can do. */
function replaceKernel(name: string, canDo: (call: KernelCall) => boolean, ours: tf.KernelFunc): void {
  const stock = tf.getKernel(name, "wasm");
  tf.unregisterKernel(name, "wasm");
  tf.registerKernel({ ...stock, kernelFunc: (call) => (canDo(call) ? ours(call) : stock.kernelFunc(call)) });
}

/** [rows, columns] of the last two dimensions, swapped when transposed. */
function shapeOf({ shape }: tf.TensorInfo, transposed: unknown): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number]; // BatchMatMul's operands have rank 2 or more
  return transposed ? [columns, rows] : [rows, columns];
}

/** Products of as many matrices on both sides, or of each with the same one. */
function isProduct({ inputs }: KernelCall): boolean {
  const a = inputs.a!;
  const b = inputs.b!;
  if (a.dtype !== "float32" || b.dtype !== "float32" || a.shape.length !== b.shape.length) return false;
  return countOf(a) === 1 || countOf(b) === 1 || a.shape.slice(0, -2).every((size, axis) => size === b.shape[axis]);
}

/** How many matrices a tensor holds. */
function countOf({ shape }: tf.TensorInfo): number {
  return shape.slice(0, -2).reduce((product, size) => product * size, 1);
}

function createProduct(threads: ProductThreads): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const wasm = backend as BackendWasm; // the kernel is registered for this backend only
    const a = inputs.a!;
    const b = inputs.b!;
    const [m, k] = shapeOf(a, attrs?.transposeA);
    const [, n] = shapeOf(b, attrs?.transposeB);
    const [countA, countB] = [countOf(a), countOf(b)];
    const outer = (countA > countB ? a : b).shape.slice(0, -2);
    const out = wasm.makeOutput([...outer, m, n], "float32");
    const [pa, pb, pc] = [pointerOf(wasm, a), pointerOf(wasm, b), pointerOf(wasm, out)];
    const [strideA, strideB] = [countA === 1 ? 0 : m * k, countB === 1 ? 0 : k * n];
    const [transposeA, transposeB] = [Number(attrs?.transposeA), Number(attrs?.transposeB)];
    threads.multiply([Math.max(countA, countB), pa, strideA, pb, strideB, pc, m, n, k, transposeA, transposeB]);
    return out;
  };
}

/** The same values are the same tensor. tfjs's own copies: whatever is saved for a gradient, and casts to the type that it has. */
function share({ inputs, backend }: KernelCall): tf.TensorInfo {
  const { dataId, shape, dtype } = inputs.x!;
  (backend as BackendWasm).incRef(dataId); // the kernel is registered for this backend only
  return { dataId, shape, dtype };
}

/** tfjs's own sum over rows transposes first. */
function isSumOfRows({ inputs, attrs }: KernelCall): boolean {
  const { shape, dtype } = inputs.x!;
  const axes = [attrs?.axis].flat();
  return shape.length === 2 && dtype === "float32" && axes.length === 1 && (axes[0] === 0 || axes[0] === -2);
}

function createSumOfRows(passes: Passes): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const wasm = backend as BackendWasm; // the kernel is registered for this backend only
    const x = inputs.x!;
    const [m, n] = shapeOf(x, false);
    const out = wasm.makeOutput(attrs?.keepDims ? [1, n] : [n], "float32");
    passes.sumRows(pointerOf(wasm, x), pointerOf(wasm, out), m, n);
    return out;
  };
}

function pointerOf(wasm: BackendWasm, { dataId }: tf.TensorInfo): number {
  return wasm.dataIdMap.get(dataId).memoryOffset;
}
