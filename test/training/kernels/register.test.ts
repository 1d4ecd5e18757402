import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Network } from "../../../training/engine/network.ts";
import { Random } from "../../../training/engine/random.ts";
import { loadWasmBackend } from "../../../training/kernels/load-backend.ts";
import { registerKernels } from "../../../training/kernels/register.ts";
import { createNet } from "../../../training/model/family.ts";
import { taskWith } from "../engine/synthetic.ts";

const shape = { width: 30, contextWidth: 30, embeddingDimension: 10, embeddedColumns: [0, 10, 20] };

/** Loss and gradients of one fixed batch, all as one list. */
async function fixedBatch(): Promise<number[]> {
  const { model } = taskWith({ family: "deepfm", hidden: [33, 17], batchNorm: true, dropout: 0.2 }, {});
  const network = new Network(createNet(model, shape, new Random(1)), new Random(2));
  const random = new Random(3);
  const x0 = random.fillUniform(new Float32Array(501 * 30), 1);
  const labels = Float32Array.from({ length: 501 }, () => random.uint32() % 2);
  const result = await network.gradients({ count: 501, width: 30, x0, sums: new Float32Array(501) }, labels);
  return [result.loss, ...result.x0!, ...result.sums!, ...result.parameters.flatMap((gradient) => [...gradient])];
}

/** C = op(A) op(B) by three loops in f64. */
function multiply(a: Float32Array, b: Float32Array, [m, n, k]: [number, number, number], ta: boolean, tb: boolean): number[] {
  const out: number[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[ta ? p * m + i : i * k + p]! * b[tb ? j * k + p : p * n + j]!;
      out.push(sum);
    }
  }
  return out;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

describe("our kernels in tfjs's wasm backend", () => {
  let stock: number[];

  beforeAll(async () => {
    await loadWasmBackend();
    await tf.setBackend("wasm");
    stock = await fixedBatch();
    await registerKernels();
  });

  it("give the loss and gradients of stock tfjs to 1e-5", async () => {
    const ours = await fixedBatch();
    expect(ours).toHaveLength(stock.length);
    const largest = Math.max(...stock.map(Math.abs));
    for (let index = 0; index < ours.length; index++) expect(Math.abs(ours[index]! - stock[index]!)).toBeLessThan(1e-5 * largest);
  });

  const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(71, 72, 73, 300, 415, 416, 417));
  it("multiply matrices of any shape, transposed or not", () => {
    const property = fc.property(size, size, size, fc.boolean(), fc.boolean(), (m, n, k, ta, tb) => {
      const random = new Random(m * 1_000_003 + n * 1009 + k);
      const a = random.fillUniform(new Float32Array(m * k), 1);
      const b = random.fillUniform(new Float32Array(k * n), 1);
      const wanted = multiply(a, b, [m, n, k], ta, tb);
      const got = tf.tidy(() => tf.matMul(tf.tensor2d(a, ta ? [k, m] : [m, k]), tf.tensor2d(b, tb ? [n, k] : [k, n]), ta, tb));
      expect(got.shape).toEqual([m, n]);
      const errors = Array.from(got.dataSync(), (value, index) => Math.abs(value - wanted[index]!));
      expect(errors.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-5 * Math.sqrt(k) + 1e-6);
      got.dispose();
    });
    fc.assert(property, { numRuns: 60 });
  });

  const few = fc.integer({ min: 1, max: 20 });
  /** Dimensions before the matrix's own, of each side. tfjs's own kernel, which is left what spreads both sides, errs there. */
  const outer = fc
    .constantFrom("3 3", "2,3 2,3", "4 1", "1 4", "2,3 1,1")
    .map((text) => text.split(" ").map((side) => side.split(",").map(Number)) as [number[], number[]]); // two a text
  it("multiply many matrices at once, each with its own or all with the same", () => {
    const property = fc.property(outer, few, few, few, fc.boolean(), fc.boolean(), ([outerA, outerB], m, n, k, ta, tb) => {
      const random = new Random(m * 1_000_003 + n * 1009 + k);
      const a = tf.tensor(random.fillUniform(new Float32Array(sizeOf(outerA) * m * k), 1), [
        ...outerA,
        ...(ta ? [k, m] : [m, k]),
      ]);
      const b = tf.tensor(random.fillUniform(new Float32Array(sizeOf(outerB) * k * n), 1), [
        ...outerB,
        ...(tb ? [n, k] : [k, n]),
      ]);
      const got = tf.tidy(() => tf.matMul(a, b, ta, tb));
      const common = outerA.map((size, axis) => Math.max(size, outerB[axis]!));
      expect(got.shape).toEqual([...common, m, n]);
      const matrices = (x: tf.Tensor) =>
        tf.unstack(tf.broadcastTo(x, [...common, ...x.shape.slice(-2)]).reshape([sizeOf(common), -1]));
      const wanted = matrices(a).flatMap((one, index) => {
        const other = matrices(b)[index]!;
        return multiply(one.dataSync() as Float32Array, other.dataSync() as Float32Array, [m, n, k], ta, tb); // float32 all
      });
      got.dataSync().forEach((value, index) => void expect(Math.abs(value - wanted[index]!)).toBeLessThan(1e-5));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it.each([1, 3, 4, 7, 400])("sum the rows of %i columns", (columns) => {
    const x = new Random(1).fillUniform(new Float32Array(37 * columns), 1);
    const got = tf.sum(tf.tensor2d(x, [37, columns]), 0, true);
    expect(got.shape).toEqual([1, columns]);
    const values = got.dataSync();
    for (let column = 0; column < columns; column++) {
      let wanted = 0;
      for (let row = 0; row < 37; row++) wanted += x[row * columns + column]!;
      expect(values[column]).toBeCloseTo(wanted, 5);
    }
  });

  it("share a clone's values until the last owner is gone", () => {
    const first = tf.tensor1d([1, 2, 3]);
    const second = first.clone();
    first.dispose();
    expect([...second.dataSync()]).toEqual([1, 2, 3]);
    second.dispose();
    expect(() => second.dataSync()).toThrow(/disposed/);
  });

  it("do not leak: a step leaves as many tensors and bytes as it found", async () => {
    await fixedBatch();
    const { numTensors, numBytes } = tf.memory();
    await fixedBatch();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  });
});
