// Visitors: what a site knows about them, and a small taste that nobody knows.

import type { Random } from "../engine/random.ts";
import { drawWeighted } from "./draws.ts";
import type { Effects } from "./effects.ts";
import { AGE_BANDS, CATEGORIES, COUNTRIES, DEVICES, SEGMENTS, type Visitor, type VisitorFeatures } from "./world.ts";

const HIDDEN_TASTE_DEVIATION = 0.08;
const MAX_INTERESTS = 3;

/** Interests lean to what the segment likes, as a reading history would. */
export function drawVisitor(random: Random, effects: Effects, subjectId: string): Visitor {
  const segment = drawWeighted(random, SEGMENTS, [3, 3, 4, 2, 4, 2]);
  return {
    subjectId,
    features: {
      device: drawWeighted(random, DEVICES, [6, 3, 1]),
      country: drawWeighted(random, COUNTRIES, [5, 4, 4, 3, 2, 2, 1, 3]),
      ageBand: drawWeighted(random, AGE_BANDS, [2, 3, 3, 2, 1]),
      segment,
      interests: drawInterests(random, effects, segment),
    },
    hiddenTaste: drawTaste(random),
  };
}

function drawInterests(random: Random, effects: Effects, segment: VisitorFeatures["segment"]): VisitorFeatures["interests"] {
  const weights = CATEGORIES.map((category) => Math.exp(effects.segmentCategory[segment]?.[category] ?? 0));
  const readCount = Math.floor(random.uniform() * (MAX_INTERESTS + 1));
  return [...new Set(Array.from({ length: readCount }, () => drawWeighted(random, CATEGORIES, weights)))];
}

function drawTaste(random: Random): Visitor["hiddenTaste"] {
  const taste = CATEGORIES.map((category) => [category, HIDDEN_TASTE_DEVIATION * random.normal()]);
  return Object.fromEntries(taste) as Visitor["hiddenTaste"]; // one entry a category
}
