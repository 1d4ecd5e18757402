import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Batch } from "../../../training/engine/batch.ts";
import { Random } from "../../../training/engine/random.ts";
import { PlainLoops, type TableLoops } from "../../../training/engine/table-loops.ts";
import { createTableState, HEAP, type TableSize, type TableState } from "../../../training/engine/table-state.ts";
import { UPDATE_RULES } from "../../../training/engine/update-rule.ts";
import { KernelLoops } from "../../../training/kernels/table-kernel.ts";
import { openTableMemory } from "../../../training/kernels/table-memory.ts";

/** Largest difference of weights and sums around 1 after a few steps: the kernel computes in f32, the plain loops in f64. */
const TOLERANCE = 2e-6;
const LEARNING_RATE = 0.05;

interface Side {
  readonly state: TableState;
  readonly loops: TableLoops;
}

function createSides(size: TableSize, seed: number): [kernel: Side, plain: Side] {
  const memory = openTableMemory(size)!; // a small table
  const inMemory = createTableState(size, memory);
  const onHeap = createTableState(size, HEAP);
  for (const { vectors, linear } of [inMemory, onHeap]) {
    new Random(seed).fillUniform(vectors.values, 1);
    new Random(seed + 1).fillUniform(linear.values, 1);
  }
  return [
    { state: inMemory, loops: new KernelLoops(inMemory, memory) },
    { state: onHeap, loops: new PlainLoops(onHeap) },
  ];
}

/** Pairs at random: rows repeat, some go in by value, several land on the same columns. */
function randomBatch({ rowCount, dimension }: TableSize, random: Random): Batch {
  const below = (limit: number) => Math.floor(random.uniform() * limit);
  const [exampleCount, pairCount, width] = [1 + below(6), below(30), dimension + below(5)];
  const ints = (limit: number) => Int32Array.from({ length: pairCount }, () => below(limit));
  return Object.assign(new Batch(), {
    ...{ exampleCount, pairCount, width, example: ints(exampleCount), row: ints(rowCount), column: ints(width - dimension + 1) },
    ...{ weight: Float32Array.from(ints(1), () => 0.5 + random.uniform()), byValue: Uint8Array.from(ints(2)) },
  });
}

/** Trains for some steps; gives all that was gathered. */
function train({ state, loops }: Side, steps: number, seed: number, reads: { x0: boolean; sums: boolean }): number[] {
  const random = new Random(seed);
  const gathered: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const batch = randomBatch(state, random);
    const { exampleCount, width } = batch;
    const x0 = new Float32Array(exampleCount * width);
    const sums = new Float32Array(exampleCount);
    loops.touch(batch, step, LEARNING_RATE);
    loops.gather(batch, x0, reads.x0 ? width : 0, sums);
    gathered.push(...x0, ...sums);
    const sign = random.uniform() < 0.5 ? -1 : 1; // of all in a step: what cancels in a row's sum is lost to f32, on either side
    for (const gradient of [x0, sums]) gradient.forEach((_, index) => void (gradient[index] = sign * (0.1 + random.uniform())));
    loops.update(batch, reads.x0 ? x0 : null, width, reads.sums ? sums : null, LEARNING_RATE);
  }
  loops.catchUpAll(steps, LEARNING_RATE);
  return gathered;
}

const numbersOf = ({ vectors, linear }: TableState): number[] =>
  [vectors, linear].flatMap(({ values, slots }) => [values, ...slots]).flatMap((array) => [...array]);

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  expect(got).toHaveLength(wanted.length);
  const errors = got.map((value, index) => Math.abs(value - wanted[index]!) / Math.max(1, Math.abs(wanted[index]!)));
  expect(errors.reduce((a, b) => Math.max(a, b), 0)).toBeLessThan(TOLERANCE);
}

const size = fc.record({
  rowCount: fc.constantFrom(1, 3, 63, 64, 65, 130),
  dimension: fc.integer({ min: 1, max: 18 }),
  l2: fc.constantFrom(0, 1e-6, 0.01, 1),
});
const reads = fc.constantFrom({ x0: true, sums: true }, { x0: false, sums: true }, { x0: true, sums: false });

describe.each(["adam", "sgd", "adagrad"] as const)("the table's kernel under %s", (name) => {
  it("equals the plain loops", () => {
    const property = fc.property(size, reads, fc.integer({ min: 0, max: 12 }), fc.nat(1000), (given, read, steps, seed) => {
      const [kernel, plain] = createSides({ ...given, rule: UPDATE_RULES[name] }, seed);
      expectClose(train(kernel, steps, seed, read), train(plain, steps, seed, read));
      expectClose(numbersOf(kernel.state), numbersOf(plain.state));
      expect(kernel.state.lastStep).toEqual(plain.state.lastStep);
      expect(kernel.state.updates).toEqual(plain.state.updates);
    });
    fc.assert(property, { numRuns: 30 });
  });

  it("gives the same bits again", () => {
    const given = { rowCount: 100, dimension: 7, l2: 0.01, rule: UPDATE_RULES[name] };
    const [first] = createSides(given, 1);
    const [second] = createSides(given, 1);
    expect(train(first, 9, 2, { x0: true, sums: true })).toEqual(train(second, 9, 2, { x0: true, sums: true }));
    expect(numbersOf(first.state)).toEqual(numbersOf(second.state));
  });

  it("lets a decay of a million steps vanish, not overflow", () => {
    const [{ state, loops }] = createSides({ rowCount: 4, dimension: 5, l2: 1, rule: UPDATE_RULES[name] }, 1);
    const one = Object.assign(new Batch(), {
      ...{ exampleCount: 1, pairCount: 1, width: 5, example: Int32Array.of(0), row: Int32Array.of(2), column: Int32Array.of(0) },
      ...{ weight: Float32Array.of(1), byValue: Uint8Array.of(0) },
    });
    const untouched = state.vectors.values.slice(0, 10);
    loops.touch(one, 1, LEARNING_RATE);
    loops.update(one, Float32Array.of(1, 2, 3, 4, 5), 5, Float32Array.of(1), LEARNING_RATE);
    loops.catchUpAll(1_000_000, LEARNING_RATE);
    expect(Math.max(...state.vectors.values.slice(10, 15).map(Math.abs))).toBe(0);
    expect(state.vectors.values.slice(0, 10)).toEqual(untouched);
  });
});

it("a table beyond 4 GiB gets no memory, and a batch beyond the room does not fit", () => {
  const rule = UPDATE_RULES.adam;
  expect(openTableMemory({ rowCount: 30_000_000, dimension: 16, l2: 0, rule })).toBeNull();
  const memory = openTableMemory({ rowCount: 10, dimension: 16, l2: 0, rule })!; // as small as they come
  const state = createTableState({ rowCount: 10, dimension: 16, l2: 0, rule }, memory);
  const fits = (pairCount: number, width: number) =>
    new KernelLoops(state, memory).fits(Object.assign(new Batch(), { exampleCount: 4096, pairCount, width }));
  expect(fits(1_000_000, 1000)).toBe(true);
  expect(fits(10_000_000, 1000)).toBe(false);
  expect(fits(1_000_000, 100_000)).toBe(false);
});
