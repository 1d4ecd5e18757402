// An isolate's line to the ledger of one campaign: its accounts as they are held here, one call at a time, and who sees to them.
import type { AccountKey, CampaignTerms, Terms } from "./account.ts";
import type { Ask, Grant } from "./exchange.ts";
import { dueMs, fail, type HeldAccount, hear, holdAccount, isMissing, REPORT_MS, speak, take } from "./held-account.ts";
import type { LedgerClient } from "./ledger-client.ts";

export interface LineOptions {
  readonly client: LedgerClient;
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  readonly nextLeaseId: () => string;
}

/** `unit` is the most that one impression can cost. */
export interface AccountWant {
  readonly key: AccountKey;
  readonly terms: Terms;
  readonly unit: number;
}

/** A call that has not answered by then belongs to a request that was cut off. */
export const CALL_MS = 5000;

/** A later request takes over from one that began to attend so long ago. */
const HANDOVER_MS = 5000;

/** A request that sees to some lines, behind its response. */
export interface Attendant {
  readonly sinceMs: number;
}

export class CampaignLine {
  readonly accounts = new Map<AccountKey, HeldAccount>();
  attendant: Attendant | null = null;
  readonly #campaignId: string;
  readonly #options: LineOptions;
  #terms: CampaignTerms | null = null;
  /** What impressions prove of other isolates' leases, until the ledger has heard of it. */
  readonly #proofs = new Map<string, number>();
  #talkedMs = 0;
  #call: { readonly sinceMs: number; readonly done: Promise<void> } | null = null;

  constructor(campaignId: string, options: LineOptions) {
    this.#campaignId = campaignId;
    this.#options = options;
  }

  /** The call that is under way. */
  get pending(): Promise<void> | null {
    return this.#call?.done ?? null;
  }

  /** Whether a call is under way whose request still stands. */
  isCalling(nowMs: number): boolean {
    return this.#call !== null && nowMs - this.#call.sinceMs < CALL_MS;
  }

  /** Whether somebody sees to it already, and will for a while. */
  isAttended(nowMs: number): boolean {
    return this.attendant !== null && nowMs - this.attendant.sinceMs < HANDOVER_MS;
  }

  /** Whether one of these accounts is still missing. */
  isShortOf(accounts: readonly AccountWant[]): boolean {
    const nowMs = this.#options.nowMs();
    return accounts.some(({ key }) => {
      const held = this.accounts.get(key);
      return held !== undefined && isMissing(held, nowMs);
    });
  }

  /** @returns whether the request has to wait for one of these accounts */
  want(terms: CampaignTerms, accounts: readonly AccountWant[], nowMs: number): boolean {
    if (this.#terms === null || terms.sequence > this.#terms.sequence) {
      this.#terms = terms;
      for (const held of this.accounts.values()) held.retryMs = 0; // what was refused may be allowed now
    }
    let isShort = false;
    for (const { key, terms: accountTerms, unit } of accounts) {
      let held = this.accounts.get(key);
      if (held) {
        held.terms = accountTerms;
        held.unit = unit;
        held.usedMs = nowMs;
      } else {
        held = holdAccount(key, accountTerms, unit, this.#options.nextLeaseId(), nowMs);
        this.accounts.set(key, held);
      }
      isShort ||= isMissing(held, nowMs);
    }
    return isShort;
  }

  prove(leaseId: string, spentTotal: number): void {
    this.#proofs.set(leaseId, Math.max(this.#proofs.get(leaseId) ?? 0, spentTotal));
  }

  /** When the ledger is to hear something next; null for never. */
  nextDueMs(): number | null {
    const nowMs = this.#options.nowMs();
    const dues = [...this.accounts.values()].map((held) => dueMs(held, nowMs)).filter((due) => due !== null);
    if (this.#proofs.size > 0) dues.push(this.#talkedMs + REPORT_MS);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  /** One call at a time: who comes meanwhile waits for its answer. Never rejects. */
  call(): Promise<void> {
    const { nowMs } = this.#options;
    if (this.#call && this.isCalling(nowMs())) return this.#call.done;
    const mine = { sinceMs: nowMs(), done: this.#talk() };
    this.#call = mine;
    return mine.done.then(() => {
      if (this.#call === mine) this.#call = null;
    });
  }

  async #talk(): Promise<void> {
    const { client, nowMs, onFailure, nextLeaseId } = this.#options;
    const sentMs = nowMs();
    this.#talkedMs = sentMs;
    const said = this.#speak(sentMs);
    const proofs = [...this.#proofs].map(([leaseId, spentTotal]) => ({ leaseId, spentTotal }));
    const asks = said.flatMap((one) => one.asks);
    if (asks.length === 0 && proofs.length === 0) return;
    try {
      const campaign = this.#terms ?? { sequence: 0, timeZone: "UTC" }; // nothing but proofs, which need none
      const { grants } = await client.exchange(this.#campaignId, { campaign, nowMs: sentMs, asks, proofs });
      for (const one of said) hear(one.held, one.asks);
      this.#take(grants);
      for (const { leaseId, spentTotal } of proofs) if (this.#proofs.get(leaseId) === spentTotal) this.#proofs.delete(leaseId);
    } catch (error) {
      onFailure(error);
      for (const { held } of said) fail(held, nextLeaseId, nowMs());
    }
  }

  /** What is missing, and what is due by now or soon. */
  #speak(sentMs: number): { readonly held: HeldAccount; readonly asks: Ask[] }[] {
    return [...this.accounts.values()]
      .filter((held) => isMissing(held, sentMs) || (dueMs(held, sentMs) ?? Number.POSITIVE_INFINITY) <= sentMs + REPORT_MS)
      .map((held) => ({ held, asks: speak(held, this.#options.nextLeaseId, sentMs) }));
  }

  #take(grants: readonly Grant[]): void {
    for (const grant of grants) {
      const held = this.accounts.get(grant.account);
      if (held) take(held, grant, this.#options.nextLeaseId);
    }
  }
}
