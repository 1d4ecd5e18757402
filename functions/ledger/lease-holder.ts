// The isolate's side of the ledgers: leases in memory, fetched where one is missing, renewed and reported behind the response.
import type { AccountKey, CampaignTerms, Funds } from "./account.ts";
import { attend } from "./attend.ts";
import { type AccountWant, CALL_MS, CampaignLine, type LineOptions } from "./campaign-line.ts";
import { fundsOf, type HeldAccount, leftOf } from "./held-account.ts";

/** What a request may want to spend of a campaign's accounts. */
export interface Want {
  readonly campaignId: string;
  readonly campaign: CampaignTerms;
  readonly accounts: readonly AccountWant[];
}

/** What a shown creative takes from an account: micros of money, or an impression of a goal. */
export interface Spend {
  readonly campaignId: string;
  readonly account: AccountKey;
  readonly amount: number;
}

/** How often an account could have been spent from, had its pacing let it. */
export interface Opportunities {
  readonly campaignId: string;
  readonly account: AccountKey;
  readonly count: number;
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
  /** What may be spent now; whoever reads many accounts asks the clock once. Decide and `commit` without awaiting in between: then nothing is spent twice. */
  read(campaignId: string, account: AccountKey, nowMs?: number): Funds;
  /**
   * `opportunities` say how often each account could have been spent from.
   * @throws Error where more is spent than `read` allows: a fault of the caller
   */
  commit(spends: readonly Spend[], opportunities: readonly Opportunities[], nowMs?: number): Receipt[];
  /** An impression was rendered. Where its lease is this isolate's own, the ledger will hear of it anyway. */
  prove(campaignId: string, leaseId: string, spentTotal: number): void;
  /** Behind the response: reports and renewals, one call a campaign at a time; lingers a while to return what is not used. Never rejects. */
  flush(): Promise<void>;
}

/** `isolateId` is of this isolate alone, for ever: a random one. */
export type LeaseHolderOptions = Omit<LineOptions, "nextLeaseId"> & { readonly isolateId: string };

/** Limits of Workers: 50 subrequests a request on the smallest plan, some of which others need. */
const MAX_CALLS = 40;

export function createLeaseHolder({ isolateId, ...rest }: LeaseHolderOptions): LeaseHolder {
  const { nowMs, wait } = rest;
  let leaseCount = 0;
  const options: LineOptions = { ...rest, nextLeaseId: () => `${isolateId}.${leaseCount++}` };
  const lines = new Map<string, CampaignLine>();
  /** Those that may have something to say, and nobody sees to it. */
  const touched = new Set<CampaignLine>();
  /** Calls end with the request that made them, unless its flush waits for them. */
  const fetching = new Set<Promise<void>>();

  function lineOf(campaignId: string): CampaignLine {
    let line = lines.get(campaignId);
    if (!line) lines.set(campaignId, (line = new CampaignLine(campaignId, options)));
    return line;
  }
  const heldOf = (campaignId: string, account: AccountKey) => lines.get(campaignId)?.accounts.get(account);

  /** Of a call whose request was cut off nothing comes any more. */
  async function waitForCalls(): Promise<void> {
    const calls = [...fetching];
    if (calls.length > 0) await Promise.race([Promise.all(calls), wait(CALL_MS)]);
    for (const call of calls) fetching.delete(call);
  }

  return {
    async prepare(wants, deadlineMs) {
      const now = nowMs();
      const short = wants.filter(({ campaignId, campaign, accounts }) => {
        const line = lineOf(campaignId);
        if (!line.isAttended(now)) touched.add(line);
        return line.want(campaign, accounts, now);
      });
      if (short.length === 0) return;
      const calls = short.slice(0, MAX_CALLS).map(({ campaignId, accounts }) => fetchMissing(lineOf(campaignId), accounts));
      for (const one of calls) {
        fetching.add(one);
        one.finally(() => fetching.delete(one));
      }
      await Promise.race([Promise.all(calls), wait(Math.max(deadlineMs - now, 0))]);
    },
    read(campaignId, account, now = nowMs()) {
      const held = heldOf(campaignId, account);
      return held ? fundsOf(held, now) : { left: 0, passRate: 1, shortage: "budget_unavailable" };
    },
    commit(spends, opportunities, now = nowMs()) {
      for (const { campaignId, account, count } of opportunities) {
        const held = heldOf(campaignId, account);
        if (held) held.opportunities += count;
      }
      return spends.map((one) => pay(heldOf(one.campaignId, one.account), one, now));
    },
    prove(campaignId, leaseId, spentTotal) {
      if (leaseId.startsWith(`${isolateId}.`)) return;
      const line = lineOf(campaignId);
      line.prove(leaseId, spentTotal);
      touched.add(line);
    },
    async flush() {
      const lines = [...touched].slice(0, MAX_CALLS);
      for (const line of lines) touched.delete(line);
      await Promise.all([attend(lines, rest), waitForCalls()]);
      for (const line of lines) if (line.nextDueMs() !== null) touched.add(line);
    },
  };
}

/** A call that left before this request's wishes were known may not have asked for them: then another does. */
async function fetchMissing(line: CampaignLine, accounts: readonly AccountWant[]): Promise<void> {
  const wasPending = line.pending !== null;
  await line.call();
  if (wasPending && line.isShortOf(accounts)) await line.call();
}

function pay(held: HeldAccount | undefined, spend: Spend, nowMs: number): Receipt {
  if (!held || leftOf(held, nowMs) < spend.amount) throw new Error(`${spend.amount} of ${spend.account} were not there to spend`);
  held.spent += spend.amount;
  return { ...spend, leaseId: held.leaseId, spentTotal: held.spent };
}
