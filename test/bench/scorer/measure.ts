// Measures every shape at every number of candidates, and holds the engines' answers against each other on the way.
import type { BenchOptions } from "../benchmark.ts";
import { type Agreement, checkAgreement, type Expected, expectedProbabilities, TOLERANCES } from "./agreement.ts";
import type { Cell, EngineClient } from "./client.ts";
import type { MeasuredCell } from "./figures.ts";
import { macsOf } from "./macs.ts";
import { CEILING_MACS, CEILINGS, ENGINES } from "./roster.ts";
import { measureRounds } from "./rounds.ts";
import type { Shape } from "./shape.ts";

/** Candidates at which the ceilings are measured too, and in this many times the rounds: what the goals are about. */
const MAIN_COUNT = 100;
const MAIN_ROUNDS = 2;

export interface Measured {
  readonly cells: readonly MeasuredCell[];
  /** By cell and engine: how far its probabilities are from f64 arithmetic on the same weights. */
  readonly agreement: Readonly<Record<string, Readonly<Record<string, Agreement>>>>;
}

/** @throws Error where an engine's probabilities are not the model's */
export async function measure(
  client: EngineClient,
  shapes: readonly Shape[],
  counts: readonly number[],
  rounds: number,
  progress: BenchOptions["progress"],
): Promise<Measured> {
  const cells: MeasuredCell[] = [];
  const agreement: Record<string, Record<string, Agreement>> = {};
  for (const shape of shapes) {
    await client.load(shape);
    const expected = expectedProbabilities(shape);
    for (const count of counts) {
      const name = `${shape.name}${count}`;
      const cellRounds = count === MAIN_COUNT ? rounds * MAIN_ROUNDS : rounds;
      progress(`${name}: ${ENGINES.length} engines, ${cellRounds} rounds`);
      agreement[name] = await agreementOf(client, { shape: shape.name, count }, expected);
      cells.push(await measureCell(client, shape, count, cellRounds));
    }
  }
  return { cells, agreement };
}

async function agreementOf(client: EngineClient, cell: Cell, expected: Expected): Promise<Record<string, Agreement>> {
  const found: Record<string, Agreement> = {};
  for (const { name, precision } of ENGINES) {
    const probabilities = await client.probabilities(name, cell);
    if (probabilities.length !== cell.count)
      throw new Error(`${name} answers ${probabilities.length} of ${cell.count} candidates`);
    found[name] = checkAgreement(name, expected, probabilities, TOLERANCES[precision]);
  }
  return found;
}

async function measureCell(client: EngineClient, shape: Shape, count: number, rounds: number): Promise<MeasuredCell> {
  const ceilings = count === MAIN_COUNT ? Object.keys(CEILINGS) : [];
  const names = [...ENGINES.map(({ name }) => name), ...ceilings];
  const times = await measureRounds(client, names, { shape: shape.name, count }, rounds);
  const macs = Object.fromEntries([
    ...ENGINES.map(({ name, reuse }) => [name, macsOf(shape, count, reuse)]),
    ...ceilings.map((name) => [name, CEILING_MACS]),
  ]);
  return { name: `${shape.name}${count}`, times, macs };
}
