// What the moment forbids: caps that are used up, budgets without money, pacing, what is in the decision already and its competitors.
import type { DropReason } from "../../shared/catalog/reasons.ts";
import { hashText } from "../../shared/features/hash.ts";
import type { DecisionState } from "../../shared/schemas/decision-record.ts";
import type { CandidateSupply } from "../catalog/candidate-supply.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Account } from "../catalog/limits.ts";
import type { AccountKey } from "../ledger/account.ts";

/** What a shown creative takes from an account: micros of money, or an impression of a goal. */
export interface Spend {
  readonly campaignId: string;
  readonly account: AccountKey;
  readonly amount: number;
}

/** An account that could have been spent from, had its pacing let it. */
export type Opportunity = Omit<Spend, "amount">;

export interface GatesInput {
  readonly state: DecisionState;
  /** Whether anybody is known whose views could be counted. */
  readonly hasSubject: boolean;
  /** A number in [0, 1) for each 32-bit state. */
  readonly uniformFrom: (state: number) => number;
  readonly seed: number;
}

/** An account in this decision: what it still gives, and the last coin that was tossed for it. */
interface Purse {
  readonly funds: DecisionState["accounts"][string] | null;
  spent: number;
  coinPlacement: number;
  isHeld: boolean;
}

/** The gates of one decision. What is taken closes them for what comes after: its placements are decided one after the other. */
export class Gates {
  readonly #input: GatesInput;
  readonly #shown = new Set<string>();
  readonly #groups = new Set<string>();
  /** Of this decision so far: views by cap key, purses by account key, and every chance to spend. */
  readonly #views = new Map<string, number>();
  readonly #purses = new Map<string, Purse>();
  readonly #opportunities: Opportunity[] = [];

  constructor(input: GatesInput) {
    this.#input = input;
  }

  /** Why a candidate may not be shown in a placement now; null where it may. */
  check(candidate: Candidate, placementIndex: number): DropReason | null {
    return this.recheck(candidate) ?? (candidate.supply && this.#checkPacing(candidate.supply.accounts, placementIndex));
  }

  /** As `check`, of one that has passed it in this placement: what has been shown since may have closed a gate. */
  recheck({ creativeId, supply }: Candidate): DropReason | null {
    if (!supply) return this.#shown.has(creativeId) ? "already_shown" : null;
    return this.#checkCaps(supply) ?? this.#checkAccounts(supply.accounts) ?? this.#checkShown(creativeId, supply);
  }

  /** `heldMicros` is what the budget gives for it; a goal gives an impression. */
  take({ creativeId, supply }: Candidate, heldMicros: number): Spend[] {
    this.#shown.add(creativeId);
    if (!supply) return [];
    for (const group of supply.campaign.separationGroups) this.#groups.add(group);
    for (const { key } of supply.capped) this.#views.set(key, (this.#views.get(key) ?? 0) + 1);
    return supply.accounts.map(({ key, account, campaign }) => {
      const amount = account === "money" || account === "holds" ? heldMicros : 1;
      this.#purseOf(key).spent += amount;
      return { campaignId: campaign.id, account, amount };
    });
  }

  /** Views by cap key: what was shown of what was held. */
  get views(): ReadonlyMap<string, number> {
    return this.#views;
  }

  get opportunities(): readonly Opportunity[] {
    return this.#opportunities;
  }

  #checkCaps({ capped }: CandidateSupply): DropReason | null {
    if (capped.length === 0) return null;
    const { hasSubject, state } = this.#input;
    if (!hasSubject) return "frequency_unknown";
    if (!state.caps) return "frequency_unavailable";
    for (const { key } of capped) {
      if ((state.caps[key] ?? 0) <= (this.#views.get(key) ?? 0)) return "frequency_capped";
    }
    return null;
  }

  #checkAccounts(accounts: readonly Account[]): DropReason | null {
    for (const { key, unit } of accounts) {
      const { funds, spent } = this.#purseOf(key);
      if (!funds) return "budget_unavailable";
      if (funds.left - spent < unit) return funds.shortage;
    }
    return null;
  }

  #checkShown(creativeId: string, { campaign }: CandidateSupply): DropReason | null {
    if (this.#shown.has(creativeId)) return "already_shown";
    return campaign.separationGroups.some((group) => this.#groups.has(group)) ? "competitor_shown" : null;
  }

  /** A coin an account and placement, which all of its creatives share: pacing comes before any choice, so that it teaches no model anything. */
  #checkPacing(accounts: readonly Account[], placementIndex: number): DropReason | null {
    let held = false;
    for (const account of accounts) {
      const purse = this.#purseOf(account.key);
      if (purse.coinPlacement !== placementIndex) this.#toss(account, purse, placementIndex);
      held ||= purse.isHeld;
    }
    return held ? "pacing_held" : null;
  }

  #toss({ key, account, campaign }: Account, purse: Purse, placementIndex: number): void {
    const { seed, uniformFrom } = this.#input;
    const passRate = purse.funds?.passRate ?? 1;
    purse.coinPlacement = placementIndex;
    purse.isHeld = passRate < 1 && uniformFrom(hashText(`${placementIndex} ${key}`, seed)) >= passRate;
    this.#opportunities.push({ campaignId: campaign.id, account });
  }

  #purseOf(key: string): Purse {
    let purse = this.#purses.get(key);
    if (!purse) {
      purse = { funds: this.#input.state.accounts[key] ?? null, spent: 0, coinPlacement: -1, isHeld: false };
      this.#purses.set(key, purse);
    }
    return purse;
  }
}
