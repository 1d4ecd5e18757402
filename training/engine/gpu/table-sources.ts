// The table's programs in WGSL: catch up, gather, sum by row, update. Places of a batch's sections are those of `IndexedBatch`.
import type { IndexedBatch } from "./indexed-batch.ts";
import type { ProgramSource } from "./program.ts";
import { RATES_AT, type RuleSource, stateBuffers } from "./rule-source.ts";

/** What the programs are written for: numbers of columns of `x0`, of a row's vector, and of fields. */
export interface TableShape {
  readonly width: number;
  readonly dimension: number;
  readonly fieldCount: number;
}

const words = { name: "words", type: "i32" } as const;
const corrections = { name: "corrections", type: "vec2<f32>" } as const;
const section = (name: keyof IndexedBatch["sections"]) => ({ name, type: "u32" }) as const;
const rates = [
  { name: "learningRate", type: "f32" },
  { name: "l2", type: "f32" },
] as const;

/** A row holds its vector, then its linear weight. */
export const rowLength = ({ dimension }: TableShape): number => dimension + 1;

/** Item: a component of a touched row. */
export function catchUpSource(rule: RuleSource, shape: TableShape): ProgramSource {
  return {
    buffers: [...stateBuffers(rule), words, corrections],
    given: [...rates, section("touched"), section("updates"), section("missed")],
    declarations: `${rule.functions}\n${RATES_AT}`,
    body: `
  let place = index / ${rowLength(shape)}u;
  let missed = words[given.missed + place];
  let before = words[given.updates + place] - 1;
  if (missed <= 0 || before == 0) { return; }
  decay(u32(words[given.touched + place]) * ${rowLength(shape)}u + index % ${rowLength(shape)}u, f32(missed), ratesAt(before));`,
  };
}

/** Item: a component of a row. `owed`: steps missed and number of updates, by row. */
export function catchUpAllSource(rule: RuleSource, shape: TableShape): ProgramSource {
  return {
    buffers: [...stateBuffers(rule), { name: "owed", type: "vec2<i32>" }, corrections],
    given: rates,
    declarations: `${rule.functions}\n${RATES_AT}`,
    body: `
  let owing = owed[index / ${rowLength(shape)}u];
  if (owing.x > 0) { decay(index, f32(owing.x), ratesAt(owing.y)); }`,
  };
}

/** Pairs of `bag`, from `first` to before `end`, and their weights. */
function bagAccess(oneHot: boolean): string {
  return oneHot
    ? `
fn firstOf(bag: u32) -> u32 { return bag; }
fn weightOf(pair: u32) -> f32 { return 1.0; }
fn bagOf(pair: u32) -> u32 { return pair; }`
    : `
fn firstOf(bag: u32) -> u32 { return u32(words[given.bagStarts + bag]); }
fn weightOf(pair: u32) -> f32 { return bitcast<f32>(words[given.weights + pair]); }
fn bagOf(pair: u32) -> u32 { return u32(words[given.bags + pair]); }`;
}

const bagSections = [section("bagStarts"), section("bags"), section("weights")];

/** In the place of a component: how much there is of any row. */
export const ANY_ROW = -(2 ** 31) + 1;

/** Item: an element of `x0`. `columns`: a column's field, and its component, or `-1 - row` for the value of that row, or ANY_ROW. */
export function gatherSource(shape: TableShape, oneHot: boolean): ProgramSource {
  return {
    buffers: [
      { name: "values", type: "f32" },
      words,
      { name: "columns", type: "vec2<i32>" },
      { name: "x0", type: "f32", writes: true },
    ],
    given: [section("rows"), ...bagSections, { name: "examples", type: "u32" }],
    declarations: bagAccess(oneHot),
    body: `
  let column = columns[index % ${shape.width}u];
  let bag = u32(column.x) * given.examples + index / ${shape.width}u;
  var sum = 0.0;
  for (var pair = firstOf(bag); pair < firstOf(bag + 1u); pair++) {
    let row = words[given.rows + pair];
    if (column.y >= 0) { sum += weightOf(pair) * values[u32(row * ${rowLength(shape)} + column.y)]; }
    else if (row == -1 - column.y || column.y == ${ANY_ROW}) { sum += weightOf(pair); }
  }
  x0[index] = sum;`,
  };
}

/** Item: an example. */
export function gatherSumsSource(shape: TableShape, oneHot: boolean): ProgramSource {
  return {
    buffers: [{ name: "values", type: "f32" }, words, { name: "sums", type: "f32", writes: true }],
    given: [section("rows"), ...bagSections, { name: "examples", type: "u32" }],
    declarations: bagAccess(oneHot),
    body: `
  var sum = 0.0;
  for (var field = 0u; field < ${shape.fieldCount}u; field++) {
    let bag = field * given.examples + index;
    for (var pair = firstOf(bag); pair < firstOf(bag + 1u); pair++) {
      sum += weightOf(pair) * values[u32(words[given.rows + pair] * ${rowLength(shape)} + ${shape.dimension})];
    }
  }
  sums[index] = sum;`,
  };
}

/** Item: a component of a segment. `firstColumns`: a field's first column of `x0`, or -1 where it goes in by value. */
export function sumSource(
  shape: TableShape,
  oneHot: boolean,
  reads: { readonly x0: boolean; readonly sums: boolean },
): ProgramSource {
  const vector = `
    let column = firstColumns[bag / given.examples];
    if (column >= 0) { sum += weightOf(pair) * x0Gradient[(bag % given.examples) * ${shape.width}u + u32(column) + component]; }`;
  return {
    buffers: [
      words,
      { name: "firstColumns", type: "i32" },
      { name: "x0Gradient", type: "f32" },
      { name: "sumsGradient", type: "f32" },
      { name: "partial", type: "f32", writes: true },
    ],
    given: [section("order"), section("segments"), ...bagSections, { name: "examples", type: "u32" }],
    declarations: bagAccess(oneHot),
    body: `
  let segment = index / ${rowLength(shape)}u;
  let component = index % ${rowLength(shape)}u;
  let end = words[given.segments + segment + 1u];
  var sum = 0.0;
  for (var place = words[given.segments + segment]; place < end; place++) {
    let pair = u32(words[given.order + u32(place)]);
    let bag = bagOf(pair);
    if (component == ${shape.dimension}u) { ${reads.sums ? "sum += weightOf(pair) * sumsGradient[bag % given.examples];" : ""} }
    else { ${reads.x0 ? vector : ""} }
  }
  partial[index] = sum;`,
  };
}

/** Item: a component of a touched row. */
export function updateSource(
  rule: RuleSource,
  shape: TableShape,
  reads: { readonly x0: boolean; readonly sums: boolean },
): ProgramSource {
  return {
    buffers: [...stateBuffers(rule), words, { name: "partial", type: "f32" }, corrections],
    given: [...rates, section("touched"), section("updates"), section("firstSegments")],
    declarations: `${rule.functions}\n${RATES_AT}`,
    body: `
  let place = index / ${rowLength(shape)}u;
  let component = index % ${rowLength(shape)}u;
  if (${reads.x0 ? "false" : `component < ${shape.dimension}u`} || ${reads.sums ? "false" : `component == ${shape.dimension}u`}) { return; }
  let end = words[given.firstSegments + place + 1u];
  var sum = 0.0;
  for (var segment = words[given.firstSegments + place]; segment < end; segment++) {
    sum += partial[u32(segment) * ${rowLength(shape)}u + component];
  }
  update(u32(words[given.touched + place]) * ${rowLength(shape)}u + component, sum, ratesAt(words[given.updates + place]));`,
  };
}
