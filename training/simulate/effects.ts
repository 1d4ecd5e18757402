// The truth: what makes a click or a conversion more or less likely, in logits, drawn once from the market's seed.
import type { Random } from "../engine/random.ts";
import { drawRow, drawTable, effectOf, interactionOf, type Row, type Table } from "./effect-table.ts";
import {
  AGE_BANDS,
  BRANDS,
  CATEGORIES,
  COUNTRIES,
  type Creative,
  DAY_PARTS,
  DEVICES,
  FORMATS,
  type Placement,
  SEGMENTS,
  TITLE_WORDS,
  type Visitor,
} from "./world.ts";

/** Main effects by value and interactions by pair of values. `hour` and `weekday` are indexed as UTC counts them. */
export interface Effects {
  readonly country: Row;
  readonly device: Row;
  readonly position: Row;
  readonly hour: readonly number[];
  readonly weekday: readonly number[];
  readonly creative: Row;
  readonly titleWord: Row;
  readonly segmentCategory: Table;
  readonly deviceFormat: Table;
  readonly dayPartCategory: Table;
  readonly ageBrand: Table;
  readonly conversionAgeCategory: Table;
}

/** Root mean squares. Segment by category leads: it is what a policy earns by knowing the visitor. */
export function drawEffects(random: Random, creatives: readonly Creative[]): Effects {
  const creativeIds = creatives.map(({ id }) => id);
  return {
    country: drawRow(random, COUNTRIES, 0.15),
    device: drawRow(random, DEVICES, 0.2),
    position: { 1: 0.3, 2: 0.1, 3: -0.2, 4: -0.6 },
    hour: Array.from({ length: 24 }, (_, hour) => 0.2 * Math.sin(((hour - 14) / 24) * 2 * Math.PI)),
    weekday: [0.15, -0.05, -0.05, -0.05, -0.05, 0, 0.15],
    creative: drawRow(random, creativeIds, 0.55),
    titleWord: drawRow(random, TITLE_WORDS, 0.15),
    segmentCategory: drawTable(random, SEGMENTS, CATEGORIES, 0.7, 2),
    deviceFormat: drawTable(random, DEVICES, FORMATS, 0.3, 1),
    dayPartCategory: drawTable(random, DAY_PARTS, CATEGORIES, 0.1, 1),
    ageBrand: drawTable(random, AGE_BANDS, BRANDS, 0.3, 1),
    conversionAgeCategory: drawTable(random, AGE_BANDS, CATEGORIES, 0.5, 2),
  };
}

/** Of a visitor who reads about nothing else. */
const INTEREST_MATCH = 0.5;

/** Logit of a click, but for the market's base. */
export function clickLogit(
  effects: Effects,
  { features, hiddenTaste }: Visitor,
  placement: Placement,
  creative: Creative,
  timeMs: number,
): number {
  const time = new Date(timeMs);
  const hour = time.getUTCHours();
  const dayPart = DAY_PARTS[Math.floor(hour / 6)] as string; // hour is 0..23
  return (
    effectOf(effects.country, features.country) +
    effectOf(effects.device, features.device) +
    effectOf(effects.position, placement.position) +
    (effects.hour[hour] as number) + // 24 of them
    (effects.weekday[time.getUTCDay()] as number) + // 7 of them
    effectOf(effects.creative, creative.id) +
    creative.titleWords.reduce((sum, word) => sum + effectOf(effects.titleWord, word), 0) +
    interactionOf(effects.segmentCategory, features.segment, creative.category) +
    interactionOf(effects.deviceFormat, features.device, creative.format) +
    interactionOf(effects.dayPartCategory, dayPart, creative.category) +
    interactionOf(effects.ageBrand, features.ageBand, creative.brand) +
    (features.interests.includes(creative.category) ? INTEREST_MATCH / features.interests.length : 0) +
    hiddenTaste[creative.category]
  );
}

/** Logit of a conversion after a click, but for the market's base. */
export function conversionLogit(effects: Effects, { features }: Visitor, placement: Placement, creative: Creative): number {
  return (
    interactionOf(effects.conversionAgeCategory, features.ageBand, creative.category) +
    0.5 * effectOf(effects.position, placement.position)
  );
}
