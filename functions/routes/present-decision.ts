// A decision as its caller sees it: what to show, and the URLs that tell us what became of it.
import type { CreativeContent } from "../../shared/catalog/creative.ts";
import type { ChosenCreative, DecisionResponse } from "../../shared/schemas/decisions.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Decision, DecisionInput } from "../decision/decide.ts";
import { expandHtml, expandUrl, type MacroValues } from "../decision/macros.ts";
import type { Charge } from "../decision/pricing.ts";
import type { PlacementFacts, SlotFacts } from "../decision/record.ts";
import { createTrackingUrls } from "../events/tracking-urls.ts";
import type { Receipt } from "../ledger/lease-holder.ts";

export interface PresentDependencies {
  readonly trackingKey: CryptoKey | Promise<CryptoKey>;
  /** Base of the tracking URLs; empty for the origin of the request. */
  readonly publicOrigin: string;
}

/** `receipts` in the order of the slots' spends. */
export async function presentDecision(
  input: DecisionInput,
  { placements, modelVersion, assignments }: Decision,
  receipts: readonly Receipt[],
  requestOrigin: string,
  { trackingKey, publicOrigin }: PresentDependencies,
): Promise<DecisionResponse> {
  const site = { origin: publicOrigin === "" ? requestOrigin : publicOrigin.replace(/\/$/, ""), key: await trackingKey };
  let paid = 0;
  const presented = placements.map(async ({ placementId, slots, fallback, noServe }: PlacementFacts) => {
    const creatives = slots.map((slot, at) => {
      const own = receipts.slice(paid, paid + slot.spends.length);
      paid += slot.spends.length;
      return presentSlot({ input, placementId, slot, at, receipts: own }, site);
    });
    return { placementId, creatives: await Promise.all(creatives), fallback, noServe };
  });
  const { decisionId } = input;
  return { decisionId, placements: await Promise.all(presented), modelVersion, assignments: [...assignments] };
}

interface ShownSlot {
  readonly input: DecisionInput;
  readonly placementId: string;
  readonly slot: SlotFacts;
  readonly at: number;
  readonly receipts: readonly Receipt[];
}

async function presentSlot(
  { input, placementId, slot, at, receipts }: ShownSlot,
  { origin, key }: { readonly origin: string; readonly key: CryptoKey },
): Promise<ChosenCreative> {
  const { candidate } = slot.chosen;
  const { creativeId, supply } = candidate;
  const price = priceOf(candidate, slot.charge);
  const macros = macrosOf(input, placementId, slot);
  const claims = {
    decisionId: input.decisionId,
    placementId,
    slot: at,
    creativeId,
    campaignId: supply?.campaign.id ?? null,
    price,
    leases: receipts.map(writeLease),
    landingUrl: expandUrl(candidate.landingUrl, macros),
    decidedMs: input.nowMs,
  };
  const urls = await createTrackingUrls(claims, origin, key);
  return { creativeId, ...presentContent(candidate, macros, urls), ...urls, probability: slot.probability, price };
}

/** A lease as a token carries it: what it had paid for by then proves all that came before. */
const writeLease = ({ leaseId, spentTotal }: Receipt): string => `${leaseId}:${spentTotal}`;

const priceOf = ({ supply }: Candidate, charge: Charge | null) =>
  supply && charge && { model: supply.flight.price.model, micros: charge.priceMicros };

/** The click's token is put in when it is followed. */
function macrosOf({ request, decisionId, nowMs }: DecisionInput, placementId: string, { chosen, seed }: SlotFacts): MacroValues {
  const { creativeId, supply } = chosen.candidate;
  return {
    decisionId,
    placementId,
    creativeId,
    flightId: supply?.flight.id ?? null,
    campaignId: supply?.campaign.id ?? null,
    advertiserId: supply?.advertiser.id ?? null,
    subjectId: request.subjectId ?? null,
    timestampMs: nowMs,
    random: seed,
  };
}

/** HTML alone may ask for its tracking URLs. */
function presentContent(
  { content, imageUrl }: Candidate,
  macros: MacroValues,
  urls: MacroValues,
): CreativeContent | { kind: "image"; imageUrl?: string } {
  const image = imageUrl === undefined ? {} : { imageUrl: expandUrl(imageUrl, macros) };
  if (!content) return { kind: "image", ...image };
  if (content.kind === "html") return { ...content, html: expandHtml(content.html, { ...macros, ...urls }) };
  if (content.kind === "image" || content.iconUrl === undefined) return { ...content, ...image };
  return { ...content, ...image, iconUrl: expandUrl(content.iconUrl, macros) };
}
