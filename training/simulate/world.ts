// What exists in the simulated marketplace: the values that visitors, placements and creatives take. Everything drawn from them is in market.ts.

export const DEVICES = ["mobile", "desktop", "tablet"] as const;
export const COUNTRIES = ["DE", "FR", "GB", "IT", "NL", "PL", "SE", "US"] as const;
export const AGE_BANDS = ["18-24", "25-34", "35-49", "50-64", "65+"] as const;
export const SEGMENTS = ["families", "gamers", "homemakers", "investors", "students", "travellers"] as const;
export const CATEGORIES = ["electronics", "fashion", "finance", "games", "home", "travel"] as const;
export const FORMATS = ["image", "text", "video"] as const;
export const BRANDS = ["acorn", "birch", "cedar", "elm", "hazel", "linden"] as const;
export const TITLE_WORDS = ["today", "new", "free", "sale", "better", "local", "last", "gift"] as const;
/** Quarters of the day, six hours each. */
export const DAY_PARTS = ["night", "morning", "afternoon", "evening"] as const;

/** Share of visits by hour of the day (UTC), not normalised: few at night, most in the evening. */
export const VISITS_BY_HOUR = [3, 2, 1, 1, 1, 2, 4, 6, 7, 7, 7, 7, 8, 7, 7, 7, 7, 8, 9, 10, 11, 10, 8, 5] as const;

type Category = (typeof CATEGORIES)[number];

/** What a website knows about a visitor, and sends. `interests` are the categories of what was read lately. */
export interface VisitorFeatures {
  readonly device: (typeof DEVICES)[number];
  readonly country: (typeof COUNTRIES)[number];
  readonly ageBand: (typeof AGE_BANDS)[number];
  readonly segment: (typeof SEGMENTS)[number];
  readonly interests: readonly Category[];
}

/** `hiddenTaste` (logit by category) is known to nobody: it is why no model reaches an AUC of the truth itself. */
export interface Visitor {
  readonly subjectId: string;
  readonly features: VisitorFeatures;
  readonly hiddenTaste: Readonly<Record<Category, number>>;
}

/** A place for one creative. `position` counts from the top of the page. */
export interface Placement {
  readonly id: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly position: 1 | 2 | 3 | 4;
}

/** One creative of one campaign. */
export interface Creative {
  readonly id: string;
  readonly campaignId: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly category: Category;
  readonly format: (typeof FORMATS)[number];
  readonly brand: (typeof BRANDS)[number];
  readonly titleWords: readonly (typeof TITLE_WORDS)[number][];
}
