// The page's placements, and twelve campaigns with one creative for each size.
import type { Random } from "../engine/random.ts";
import { drawEven } from "./draws.ts";
import { BRANDS, CATEGORIES, type Creative, FORMATS, type Placement, TITLE_WORDS } from "./world.ts";

const CAMPAIGN_COUNT = 12;
const BANNER = { widthPx: 728, heightPx: 90 };
const RECTANGLE = { widthPx: 300, heightPx: 250 };

/** Every visit sees one page with these four. */
export const PLACEMENTS: readonly Placement[] = [
  { id: "top-banner", ...BANNER, position: 1 },
  { id: "in-article", ...RECTANGLE, position: 2 },
  { id: "sidebar", ...RECTANGLE, position: 3 },
  { id: "bottom-banner", ...BANNER, position: 4 },
];

/** Every category has a campaign; formats, and the titles that half of the creatives have, are drawn. */
export function drawCreatives(random: Random): Creative[] {
  return Array.from({ length: CAMPAIGN_COUNT }, (_, campaign) => {
    const round = Math.floor(campaign / CATEGORIES.length); // shifts the brands, so that none stands for one category
    return [BANNER, RECTANGLE].map((size): Creative => {
      const campaignId = `campaign-${String(campaign + 1).padStart(2, "0")}`;
      const titled = random.uniform() < 0.5;
      return {
        id: `${campaignId}-${size === BANNER ? "banner" : "rectangle"}`,
        campaignId,
        ...size,
        category: pick(CATEGORIES, campaign % CATEGORIES.length),
        format: drawEven(random, FORMATS),
        brand: pick(BRANDS, (campaign + 2 * round) % BRANDS.length),
        titleWords: titled ? TITLE_WORDS.filter(() => random.uniform() < 0.3) : [],
      };
    });
  }).flat();
}

function pick<T>(values: readonly T[], index: number): T {
  return values[index] as T; // callers keep index within values
}

export const fits = (placement: Placement, creative: Creative): boolean =>
  placement.widthPx === creative.widthPx && placement.heightPx === creative.heightPx;
