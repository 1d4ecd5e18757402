// What an outcome means for its campaign's ledger: an impression proves its leases, a click or a conversion is charged.
import type { CatalogIndex } from "../catalog/catalog-index.ts";
import type { BillOutcome, Outcome } from "../events/outcomes.ts";
import type { ChannelLoader } from "../model/channel-loader.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { LeaseHolder } from "./lease-holder.ts";
import type { LedgerClient } from "./ledger-client.ts";

export interface BillDependencies {
  readonly catalogLoader: ChannelLoader<CatalogIndex>;
  readonly client: LedgerClient;
  readonly ledger: LeaseHolder;
  readonly nowMs: () => number;
  readonly metrics: Pick<Metrics, "charges">;
}

/** What each way of paying pays for. */
const PAID_BY = { cpm: "impression", cpc: "click", cpa: "conversion" } as const;

export function createBillOutcome(dependencies: BillDependencies): BillOutcome {
  return async (outcome) => {
    const { claims, event } = outcome;
    if (event.type === "impression") await proveLeases(outcome, dependencies);
    else if (claims.price && PAID_BY[claims.price.model] === event.type) await chargeCampaign(outcome, dependencies);
  };
}

async function proveLeases({ claims: { campaignId, leases } }: Outcome, { ledger }: BillDependencies): Promise<void> {
  if (campaignId === null || leases.length === 0) return;
  for (const { leaseId, spentTotal } of leases.map(readLease)) ledger.prove(campaignId, leaseId, spentTotal);
  await ledger.flush();
}

/** As `present-decision.ts` wrote it; a token that we signed holds no other. */
function readLease(text: string): { readonly leaseId: string; readonly spentTotal: number } {
  const at = text.lastIndexOf(":");
  return { leaseId: text.slice(0, at), spentTotal: Number(text.slice(at + 1)) };
}

/** On the terms of the catalog that is loaded; of a campaign that it lacks nothing is charged. */
async function chargeCampaign(
  { claims: { campaignId, price }, event }: Outcome,
  { catalogLoader, client, nowMs, metrics }: BillDependencies,
): Promise<void> {
  if (campaignId === null || !price) return;
  const loaded = await catalogLoader.get(() => {}); // behind a response already: its refresh may end with it
  const campaign = loaded?.value.campaigns.get(campaignId);
  if (!loaded || !campaign) return metrics.charges.add({ outcome: "campaign_unknown" });
  const { timeZone, money } = campaign;
  const terms = { campaign: { sequence: loaded.sequence, timeZone }, terms: money };
  await client.charge(campaignId, { ...terms, nowMs: nowMs(), eventId: event.id, priceMicros: price.micros });
}
