// Format 1 of the catalog, read as format 2: a campaign had its flights' dates, creatives belonged to campaigns, and the model alone chose.
import * as v from "valibot";
import { CodedError, parse } from "../schemas/coded-error.ts";
import { Features } from "../schemas/features.ts";
import { list } from "../schemas/lists.ts";
import { strictObject } from "../schemas/objects.ts";
import { WebUrl } from "../schemas/web-url.ts";
import { Experiment } from "./experiment.ts";
import { Id, Size, Status, TimeMs } from "./parts.ts";
import { Policy } from "./policy.ts";

const Span = strictObject({ id: Id, startMs: v.nullable(TimeMs), endMs: v.nullable(TimeMs) });
type Span = v.InferOutput<typeof Span>;

const Campaign1 = strictObject({ id: Id, status: Status, flights: list(Span, 1, 1000) });
type Campaign1 = v.InferOutput<typeof Campaign1>;

const Creative1 = strictObject({
  id: Id,
  campaignId: Id,
  status: Status,
  ...Size.entries,
  landingUrl: WebUrl,
  imageUrl: v.exactOptional(WebUrl),
  features: Features,
});

const Catalog1 = strictObject({
  formatVersion: v.literal(1),
  task: v.string(),
  policy: Policy,
  campaigns: v.array(Campaign1),
  creatives: v.array(Creative1),
  placements: v.array(strictObject({ id: Id, ...Size.entries, features: Features })),
  experiments: v.array(Experiment),
});

/** Format 1 had no bids: equal ones for clicks leave the order to the probability, as it was. */
const PRICE = { model: "cpc", bidMicros: 1_000_000 };

/**
 * A format-1 catalog in the layout of format 2, not yet checked; anything else as it is. Every campaign becomes a flight of the same id,
 * all of one advertiser "default" and one tier "standard". Throws `CodedError` with the schema's codes where it says format 1 and is none,
 * and `flights_disjoint` where a campaign pauses between two flights: a creative has one flight now.
 *
 * @example parse(Catalog, upgradeCatalog(JSON.parse(text)), "catalog");
 */
export function upgradeCatalog(value: unknown): unknown {
  if (!saysFormat1(value)) return value;
  const { campaigns, creatives, placements, ...rest } = parse(Catalog1, value, "catalog");
  return {
    ...rest,
    formatVersion: 2,
    auction: { pricing: "first-price" },
    tiers: [{ id: "standard", selection: "auction" }],
    sites: [],
    advertisers: [{ id: "default", status: "active", domain: null }],
    campaigns: campaigns.map(({ id, status }) => ({ id, status, advertiserId: "default" })),
    flights: campaigns.map(toFlight),
    creatives: creatives.map(({ campaignId, widthPx, heightPx, imageUrl, ...creative }) => {
      const image = imageUrl !== undefined && { imageUrl };
      return { ...creative, flightId: campaignId, content: { kind: "image", widthPx, heightPx, ...image } };
    }),
    placements: placements.map(({ widthPx, heightPx, ...placement }) => ({ ...placement, sizes: [{ widthPx, heightPx }] })),
  };
}

const saysFormat1 = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "formatVersion" in value && value.formatVersion === 1;

function toFlight({ id, flights }: Campaign1, index: number) {
  const span = joinSpans(flights);
  if (!span) {
    const detail = "the campaign pauses between its flights; export it as format 2, a flight for each with its own creatives";
    throw new CodedError("flights_disjoint", `catalog.campaigns[${index}].flights`, detail);
  }
  return { id, campaignId: id, status: "active", tierId: "standard", price: PRICE, ...span };
}

/** The one span that they cover together, or null where they leave a gap. Those that are empty deliver nothing and count for nothing. */
function joinSpans(spans: readonly Span[]): Pick<Span, "startMs" | "endMs"> | null {
  const edges = spans.map(({ startMs, endMs }) => ({
    start: startMs ?? Number.NEGATIVE_INFINITY,
    end: endMs ?? Number.POSITIVE_INFINITY,
  }));
  const sorted = edges.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start);
  const [first] = sorted;
  if (!first) return { startMs: 0, endMs: 1 }; // over long ago, and never empty
  let { end } = first;
  for (const next of sorted) {
    if (next.start > end) return null;
    end = Math.max(end, next.end);
  }
  return { startMs: Number.isFinite(first.start) ? first.start : null, endMs: Number.isFinite(end) ? end : null };
}
