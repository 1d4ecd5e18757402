// Impressions with a known truth: who clicks what, and who would convert after a click, whether it was clicked or not.
import type { Bags } from "../../../shared/features/bags.ts";
import type { FeatureMap, FittedField } from "../../../shared/features/feature-map.ts";
import type { Dataset } from "../../../training/dataset/dataset.ts";
import { Random } from "../../../training/engine/random.ts";

/** `wouldConvert` is drawn for every impression from `conversionProbability`; the labels know it of clicked ones alone. */
export interface Impressions {
  readonly data: Dataset & { readonly through: Uint8Array };
  readonly conversionProbability: Float64Array;
  readonly wouldConvert: Uint8Array;
}

const USERS = 60;
const ITEMS = 60;
const TRAITS = 3;

export const impressionMap: FeatureMap = {
  version: 1,
  fields: [idField("user", "context", 0, USERS), idField("item", "candidate", USERS + 2, ITEMS)],
  rowCount: USERS + ITEMS + 4,
};

function idField(name: string, from: FittedField["from"], firstRow: number, count: number): FittedField {
  return {
    kind: "categorical",
    name,
    from,
    firstRow,
    rowCount: count + 2,
    ids: { vocabulary: Array.from({ length: count }, (_, i) => `${name}${i}`) },
  };
}

const traits = (name: string, count: number): number[][] => {
  const random = new Random(11).fork(name);
  return Array.from({ length: count }, () => Array.from({ length: TRAITS }, () => random.normal()));
};
const [users, items] = [traits("user", USERS), traits("item", ITEMS)];

/** Likes what it clicks: conversion follows the same tastes as the click, and one more. About an eighth is clicked. */
function logitsOf(user: number, item: number): { click: number; conversion: number } {
  const [u, i] = [users[user]!, items[item]!];
  const tastes = u.map((x, k) => x * i[k]!);
  return {
    click: -2.6 + 0.9 * (tastes[0]! + tastes[1]!) + 0.6 * i[2]!,
    conversion: -1.2 + 0.9 * (tastes[0]! + tastes[1]!) - 0.6 * i[2]!,
  };
}

export function drawImpressions(count: number, seed: number): Impressions {
  const random = new Random(seed);
  const conversionProbability = new Float64Array(count);
  const wouldConvert = new Uint8Array(count);
  const through = new Uint8Array(count);
  const [userRows, itemRows] = [new Int32Array(count), new Int32Array(count)];
  for (let k = 0; k < count; k++) {
    const [user, item] = [random.uint32() % USERS, random.uint32() % ITEMS];
    const { click, conversion } = logitsOf(user, item);
    conversionProbability[k] = sigmoid(conversion);
    through[k] = Number(random.uniform() < sigmoid(click));
    wouldConvert[k] = Number(random.uniform() < conversionProbability[k]!);
    userRows[k] = 2 + user;
    itemRows[k] = USERS + 2 + 2 + item;
  }
  const labels = wouldConvert.map((would, k) => would & through[k]!);
  const data = { context: bagsOf(userRows), candidate: bagsOf(itemRows), labels, through, timesMs: null };
  return { data, conversionProbability, wouldConvert };
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** One row an example. */
function bagsOf(rows: Int32Array): Bags {
  const offsets = Int32Array.from({ length: rows.length + 1 }, (_, k) => k);
  return { fieldCount: 1, count: rows.length, offsets, rows, weights: new Float32Array(rows.length).fill(1) };
}

/** The same as raw records of `user`, `item` and `clicked`. */
export function* impressionRecords(count: number, seed: number): Generator<Record<string, string | number>> {
  const { data } = drawImpressions(count, seed);
  for (let k = 0; k < count; k++) {
    const [user, item] = [data.context.rows[k]! - 2, data.candidate.rows[k]! - USERS - 4];
    yield { user: `user${user}`, item: `item${item}`, clicked: data.through[k]! };
  }
}
