// Effects by value and by pair of values, in logits: drawn, then scaled to have exactly the size that they are meant to have.
import type { Random } from "../engine/random.ts";

export type Row = Readonly<Record<string, number>>;
export type Table = Readonly<Record<string, Row>>;

/** Independent effects, of mean square `deviation` squared. */
export function drawRow(random: Random, names: readonly string[], deviation: number): Row {
  const values = scaleTo(
    deviation,
    names.map(() => random.normal()),
  );
  return Object.fromEntries(names.map((name, index) => [name, values[index] as number])); // as many values as names
}

/**
 * Interactions that are sums of few products of traits, as tastes are: whoever likes games may like electronics too. Of mean square
 * `deviation` squared.
 */
export function drawTable(
  random: Random,
  names: readonly string[],
  columns: readonly string[],
  deviation: number,
  traitCount: number,
): Table {
  const traits = Array.from(
    { length: traitCount },
    () => [center(drawRow(random, names, 1)), center(drawRow(random, columns, 1))] as const,
  );
  const sums = names.flatMap((name) =>
    columns.map((column) => traits.reduce((sum, [left, right]) => sum + effectOf(left, name) * effectOf(right, column), 0)),
  );
  const values = scaleTo(deviation, sums);
  const rowAt = (first: number): Row =>
    Object.fromEntries(columns.map((column, index) => [column, values[first + index] as number])); // one value a pair
  return Object.fromEntries(names.map((name, index) => [name, rowAt(index * columns.length)]));
}

/** Around zero: an interaction says nothing of one value alone. */
function center(row: Row): Row {
  const values = Object.values(row);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value - mean]));
}

/** Throws where there is none: the caller asked for a value that is not of this world. */
export function effectOf(row: Row, name: string | number): number {
  const effect = row[name];
  if (effect === undefined) throw new Error(`no effect of ${name}`);
  return effect;
}

export function interactionOf(table: Table, name: string, column: string): number {
  const row = table[name];
  if (row === undefined) throw new Error(`no effects of ${name}`);
  return effectOf(row, column);
}

function scaleTo(deviation: number, values: readonly number[]): number[] {
  const meanSquare = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return values.map((value) => (value * deviation) / Math.sqrt(meanSquare));
}
