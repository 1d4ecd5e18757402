// The isolate's side of the ledgers: leases in memory, fetched where one is missing, renewed and reported behind the response.
import type { AccountKey, CampaignTerms, Funds, Terms } from "./account.ts";
import type { Ask } from "./exchange.ts";
import {
  dueMs,
  fail,
  fundsOf,
  type HeldAccount,
  hear,
  holdAccount,
  isMissing,
  leftOf,
  REPORT_MS,
  speak,
  take,
} from "./held-account.ts";
import type { LedgerClient } from "./ledger-client.ts";

/** What a request may want to spend of a campaign's accounts; `unit` is the most that one impression can cost. */
export interface Want {
  readonly campaignId: string;
  readonly campaign: CampaignTerms;
  readonly accounts: readonly { readonly key: AccountKey; readonly terms: Terms; readonly unit: number }[];
}

export interface Spend {
  readonly campaignId: string;
  readonly account: AccountKey;
  readonly amount: number;
}

/** By which lease a spend was paid, and how much that has paid by now: an impression's URL carries it, and proves it when it is rendered. */
export interface Receipt extends Spend {
  readonly leaseId: string;
  readonly spentTotal: number;
}

export interface LeaseHolder {
  /**
   * Waits, until `deadlineMs` at most, for leases of accounts that have none; those that a call would not help now cost none. One call a
   * campaign, and for `MAX_CALLS` campaigns a request at most: the rest is fetched by the next requests.
   */
  prepare(wants: readonly Want[], deadlineMs: number): Promise<void>;
  /** What may be spent now. Decide and `commit` without awaiting in between: then nothing is spent twice. */
  read(campaignId: string, account: AccountKey): Funds;
  /** @throws Error where more is spent than `read` allows: a fault of the caller */
  commit(spends: readonly Spend[], opportunities: readonly Omit<Spend, "amount">[]): Receipt[];
  /** An impression was rendered. Where its lease is this isolate's own, the ledger will hear of it anyway. */
  prove(campaignId: string, leaseId: string, spentTotal: number): void;
  /** Behind the response: reports and renewals, one call a campaign at a time; lingers a while to return what is not used. Never throws. */
  flush(): Promise<void>;
}

export interface LeaseHolderOptions {
  readonly client: LedgerClient;
  /** Of this isolate alone, for ever: a random one. */
  readonly isolateId: string;
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly onFailure: () => void;
}

/** Limits of Workers: 50 subrequests a request on the smallest plan, some of which others need. */
const MAX_CALLS = 40;

/** A call that has not answered by then belongs to a request that was cut off. */
const CALL_MS = 5000;

/** `waitUntil` ends 30 s after the response. A later request's flush takes over from one that began `HANDOVER_MS` ago. */
const LINGER_MS = 20_000;
const HANDOVER_MS = 5000;

interface HeldCampaign {
  readonly id: string;
  terms: CampaignTerms;
  readonly accounts: Map<AccountKey, HeldAccount>;
  readonly proofs: Map<string, number>;
  provedMs: number;
  call: { readonly sinceMs: number; readonly done: Promise<void> } | null;
  attendant: { readonly sinceMs: number } | null;
}

export function createLeaseHolder({ client, isolateId, nowMs, wait, onFailure }: LeaseHolderOptions): LeaseHolder {
  const campaigns = new Map<string, HeldCampaign>();
  const touched = new Set<HeldCampaign>();
  let leaseCount = 0;
  const nextLeaseId = () => `${isolateId}.${leaseCount++}`;

  function campaignOf(id: string, terms: CampaignTerms): HeldCampaign {
    const known = campaigns.get(id);
    if (!known) {
      const fresh = { id, terms, accounts: new Map(), proofs: new Map(), provedMs: 0, call: null, attendant: null };
      campaigns.set(id, fresh);
      return fresh;
    }
    if (terms.sequence > known.terms.sequence) {
      known.terms = terms;
      for (const held of known.accounts.values()) held.retryMs = 0; // what was refused may be allowed now
    }
    return known;
  }

  /** Registers what a request wants. @returns its campaign, where something has to be fetched */
  function register({ campaignId, campaign: terms, accounts }: Want, now: number): HeldCampaign | null {
    const campaign = campaignOf(campaignId, terms);
    let missing = false;
    for (const { key, terms: accountTerms, unit } of accounts) {
      const known = campaign.accounts.get(key);
      const held = known ?? holdAccount(key, accountTerms, unit, nextLeaseId(), now);
      if (known) Object.assign(known, { terms: accountTerms, unit, usedMs: now });
      else campaign.accounts.set(key, held);
      missing ||= isMissing(held, now);
    }
    touched.add(campaign);
    return missing ? campaign : null;
  }

  async function talk(campaign: HeldCampaign): Promise<void> {
    const sentMs = nowMs();
    campaign.provedMs = sentMs;
    const asks: { held: HeldAccount; asks: Ask[] }[] = [];
    for (const held of campaign.accounts.values()) {
      if (isMissing(held, sentMs) || (dueMs(held, sentMs) ?? Number.POSITIVE_INFINITY) <= sentMs + REPORT_MS) {
        asks.push({ held, asks: speak(held, nextLeaseId, sentMs) });
      }
    }
    const proofs = [...campaign.proofs].map(([leaseId, spentTotal]) => ({ leaseId, spentTotal }));
    try {
      const request = { campaign: campaign.terms, nowMs: sentMs, asks: asks.flatMap((one) => one.asks), proofs };
      if (request.asks.length === 0 && proofs.length === 0) return;
      const { grants } = await client.exchange(campaign.id, request);
      for (const one of asks) hear(one.held, one.asks);
      for (const grant of grants) {
        const held = campaign.accounts.get(grant.account);
        if (held) take(held, grant, nextLeaseId);
      }
      for (const { leaseId, spentTotal } of proofs) {
        if (campaign.proofs.get(leaseId) === spentTotal) campaign.proofs.delete(leaseId);
      }
    } catch {
      onFailure();
      for (const { held } of asks) fail(held, nextLeaseId, nowMs());
    }
  }

  /** One call a campaign at a time: who comes meanwhile waits for its answer. */
  function call(campaign: HeldCampaign): Promise<void> {
    if (campaign.call && nowMs() - campaign.call.sinceMs < CALL_MS) return campaign.call.done;
    const mine = { sinceMs: nowMs(), done: Promise.resolve() };
    mine.done = talk(campaign).finally(() => {
      if (campaign.call === mine) campaign.call = null;
    });
    campaign.call = mine;
    return mine.done;
  }

  const isShort = ({ accounts }: HeldCampaign) => [...accounts.values()].some((held) => isMissing(held, nowMs()));

  function nextDueMs({ accounts, proofs, provedMs }: HeldCampaign): number | null {
    const dues = [...accounts.values()].map((held) => dueMs(held, nowMs())).filter((due) => due !== null);
    if (proofs.size > 0) dues.push(provedMs + REPORT_MS);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  async function attend(campaign: HeldCampaign): Promise<void> {
    const mine = { sinceMs: nowMs() };
    campaign.attendant = mine;
    while (campaign.attendant === mine && nowMs() - mine.sinceMs < LINGER_MS) {
      const due = nextDueMs(campaign);
      if (due === null) break;
      if (due > nowMs()) await wait(due - nowMs());
      else await call(campaign);
    }
    if (campaign.attendant !== mine) return;
    campaign.attendant = null;
    if (nextDueMs(campaign) === null) touched.delete(campaign);
  }

  return {
    async prepare(wants, deadlineMs) {
      const now = nowMs();
      const missing = wants.map((want) => register(want, now)).filter((campaign) => campaign !== null);
      if (missing.length === 0) return;
      const fetched = missing.slice(0, MAX_CALLS).map(async (campaign) => {
        const isOthers = campaign.call !== null;
        await call(campaign);
        if (isOthers && isShort(campaign)) await call(campaign); // that one left before this request's wishes were known
      });
      await Promise.race([Promise.all(fetched), wait(Math.max(deadlineMs - now, 0))]);
    },
    read(campaignId, account) {
      const held = campaigns.get(campaignId)?.accounts.get(account);
      return held ? fundsOf(held, nowMs()) : { left: 0, passRate: 1, shortage: "budget_unavailable" };
    },
    commit(spends, opportunities) {
      for (const { campaignId, account } of opportunities) {
        const held = campaigns.get(campaignId)?.accounts.get(account);
        if (held) held.opportunities++;
      }
      return spends.map((one) => {
        const held = campaigns.get(one.campaignId)?.accounts.get(one.account);
        if (!held || leftOf(held, nowMs()) < one.amount)
          throw new Error(`${one.amount} of ${one.account} were not there to spend`);
        held.spent += one.amount;
        return { ...one, leaseId: held.leaseId, spentTotal: held.spent };
      });
    },
    prove(campaignId, leaseId, spentTotal) {
      if (leaseId.startsWith(`${isolateId}.`)) return;
      const campaign = campaignOf(campaignId, { sequence: -1, timeZone: "UTC" }); // no terms are as old: with no account, none are used
      campaign.proofs.set(leaseId, Math.max(campaign.proofs.get(leaseId) ?? 0, spentTotal));
      touched.add(campaign);
    },
    async flush() {
      const isFree = ({ attendant }: HeldCampaign) => !attendant || nowMs() - attendant.sinceMs >= HANDOVER_MS;
      await Promise.all([...touched].filter(isFree).slice(0, MAX_CALLS).map(attend));
    },
  };
}
