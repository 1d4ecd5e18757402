// The way to the ledgers: the only place that names the binding's methods, and where what they answer is counted.
import type { Metrics } from "../telemetry/metrics.ts";
import type { CampaignLedger, ExchangeAnswer } from "./campaign-ledger.ts";
import type { Billed, Charge } from "./charge.ts";
import type { ExchangeRequest } from "./exchange.ts";

export interface LedgerClient {
  exchange(campaignId: string, request: ExchangeRequest): Promise<ExchangeAnswer>;
  charge(campaignId: string, charge: Charge): Promise<Billed>;
}

type Counters = Pick<Metrics, "leases" | "doubtedLeases" | "charges">;

/** Stubs belong to the request that made them: each call makes its own. */
export function createLedgerClient(namespace: DurableObjectNamespace<CampaignLedger>, metrics: Counters): LedgerClient {
  return {
    async exchange(campaignId, request) {
      const answer = await namespace.getByName(campaignId).exchange(request);
      for (const { shortage } of answer.grants) metrics.leases.add({ outcome: shortage ?? "granted" });
      if (answer.doubted > 0) metrics.doubtedLeases.add({}, answer.doubted);
      return answer;
    },
    async charge(campaignId, request) {
      const billed = await namespace.getByName(campaignId).charge(request);
      metrics.charges.add({ outcome: billed.outcome });
      return billed;
    },
  };
}
