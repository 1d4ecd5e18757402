// The truth: what makes a click or a conversion more or less likely, in logits, drawn once from the market's seed.
import type { Random } from "./random.ts";
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

type Row = Readonly<Record<string, number>>;
type Table = Readonly<Record<string, Row>>;

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

/** Standard deviations in logits. Segment by category leads: it is what a policy earns by knowing the visitor. */
export function drawEffects(random: Random, creatives: readonly Creative[]): Effects {
  const row = (names: readonly string[], deviation: number): Row =>
    Object.fromEntries(names.map((name) => [name, deviation * random.normal()]));
  const table = (rows: readonly string[], columns: readonly string[], deviation: number): Table =>
    Object.fromEntries(rows.map((name) => [name, row(columns, deviation)]));
  return {
    country: row(COUNTRIES, 0.15),
    device: row(DEVICES, 0.2),
    position: { 1: 0.3, 2: 0.1, 3: -0.2, 4: -0.6 },
    hour: Array.from({ length: 24 }, (_, hour) => 0.2 * Math.sin(((hour - 14) / 24) * 2 * Math.PI)),
    weekday: [0.15, -0.05, -0.05, -0.05, -0.05, 0, 0.15],
    creative: row(
      creatives.map(({ id }) => id),
      0.35,
    ),
    titleWord: row(TITLE_WORDS, 0.15),
    segmentCategory: table(SEGMENTS, CATEGORIES, 0.75),
    deviceFormat: table(DEVICES, FORMATS, 0.35),
    dayPartCategory: table(DAY_PARTS, CATEGORIES, 0.25),
    ageBrand: table(AGE_BANDS, BRANDS, 0.35),
    conversionAgeCategory: table(AGE_BANDS, CATEGORIES, 0.5),
  };
}

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
    at(effects.country, features.country) +
    at(effects.device, features.device) +
    at(effects.position, placement.position) +
    (effects.hour[hour] as number) + // 24 of them
    (effects.weekday[time.getUTCDay()] as number) + // 7 of them
    at(effects.creative, creative.id) +
    creative.titleWords.reduce((sum, word) => sum + at(effects.titleWord, word), 0) +
    at(effects.segmentCategory, features.segment, creative.category) +
    at(effects.deviceFormat, features.device, creative.format) +
    at(effects.dayPartCategory, dayPart, creative.category) +
    at(effects.ageBrand, features.ageBand, creative.brand) +
    (features.interests.includes(creative.category) ? INTEREST_MATCH : 0) +
    hiddenTaste[creative.category]
  );
}

/** Logit of a conversion after a click, but for the market's base. */
export function conversionLogit(effects: Effects, { features }: Visitor, placement: Placement, creative: Creative): number {
  return at(effects.conversionAgeCategory, features.ageBand, creative.category) + 0.5 * at(effects.position, placement.position);
}

function at(row: Row, key: string | number): number;
function at(table: Table, rowKey: string | number, key: string | number): number;
function at(from: Row | Table, first: string | number, second?: string | number): number {
  const found = from[first];
  const value = typeof found === "object" && second !== undefined ? found[second] : found;
  if (typeof value !== "number") throw new Error(`no effect of ${first} ${second ?? ""}`);
  return value;
}
