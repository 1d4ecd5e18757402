// What the moment forbids: caps that are used up, budgets without money, pacing, what is in the decision already and its competitors.
import type { DropReason } from "../../shared/catalog/reasons.ts";
import { type CappedKey, type SeenViews, viewsLeft } from "../../shared/catalog/views-left.ts";
import type { CandidateSupply } from "../catalog/candidate-supply.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Account } from "../catalog/limits.ts";
import type { ShownViews } from "../frequency/views.ts";
import type { Funds } from "../ledger/account.ts";
import type { Opportunities, Spend } from "../ledger/lease-holder.ts";
import type { DecisionState } from "./state.ts";

export interface GatesInput {
  readonly state: DecisionState;
  /** Those that the state's funds are of; and by an account's number its place among them. */
  readonly accounts: readonly Account[];
  readonly places: Int32Array;
  /** Whether anybody is known whose views could be counted. */
  readonly hasSubject: boolean;
  /** A number in [0, 1) for an account and a placement. */
  readonly tossFor: (account: Account, placementIndex: number) => number;
}

/** An account in this decision: what it still gives, the last coin that was tossed for it, and how many were. */
interface Purse {
  readonly account: Account;
  readonly funds: Funds | null;
  spent: number;
  coinPlacement: number;
  isHeld: boolean;
  coinCount: number;
}

/** The gates of one decision. What is taken closes them for what comes after: its placements are decided one after the other. */
export class Gates {
  readonly #input: GatesInput;
  readonly #shown = new Set<string>();
  readonly #groups = new Set<string>();
  /** Of this decision so far: views and what the caps leave, by cap key; a purse for each account. */
  readonly #views = new Map<string, ShownViews>();
  readonly #viewsLeft = new Map<string, number>();
  readonly #purses: readonly Purse[];

  constructor(input: GatesInput) {
    this.#input = input;
    const { accounts, state } = input;
    this.#purses = accounts.map((account, at) => {
      return { account, funds: state.funds[at] ?? null, spent: 0, coinPlacement: -1, isHeld: false, coinCount: 0 };
    });
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
    for (const one of supply.capped) this.#view(one);
    return supply.accounts.map(({ index, account, campaign }) => {
      const amount = account === "money" || account === "holds" ? heldMicros : 1;
      this.#purseOf(index).spent += amount;
      return { campaignId: campaign.id, account, amount };
    });
  }

  /** What was shown of what is capped. */
  get views(): readonly ShownViews[] {
    return [...this.#views.values()];
  }

  get opportunities(): readonly Opportunities[] {
    const tossed = this.#purses.filter(({ coinCount }) => coinCount > 0);
    return tossed.map(({ account: { campaign, account }, coinCount }) => ({
      campaignId: campaign.id,
      account,
      count: coinCount,
    }));
  }

  #checkCaps({ capped }: CandidateSupply): DropReason | null {
    if (capped.length === 0) return null;
    const { hasSubject, state } = this.#input;
    if (!hasSubject) return "frequency_unknown";
    if (!state.caps) return "frequency_unavailable";
    for (const one of capped) if (this.#leftOf(one, state.caps) <= 0) return "frequency_capped";
    return null;
  }

  #leftOf(capped: CappedKey, seen: SeenViews): number {
    const known = this.#viewsLeft.get(capped.key);
    if (known !== undefined) return known;
    const left = viewsLeft(capped, seen);
    this.#viewsLeft.set(capped.key, left);
    return left;
  }

  #view({ key, windowMs }: CappedKey): void {
    this.#views.set(key, { key, count: (this.#views.get(key)?.count ?? 0) + 1, windowMs });
    this.#viewsLeft.set(key, (this.#viewsLeft.get(key) ?? 0) - 1); // it was asked before
  }

  #checkAccounts(accounts: readonly Account[]): DropReason | null {
    for (const { index, unit } of accounts) {
      const { funds, spent } = this.#purseOf(index);
      if (!funds) return "budget_unavailable";
      if (funds.left - spent < unit) return funds.shortage;
    }
    return null;
  }

  #checkShown(creativeId: string, { campaign }: CandidateSupply): DropReason | null {
    if (this.#shown.size === 0) return null;
    if (this.#shown.has(creativeId)) return "already_shown";
    return campaign.separationGroups.some((group) => this.#groups.has(group)) ? "competitor_shown" : null;
  }

  /** A coin an account and placement, which all of its creatives share: pacing comes before any choice, so that it teaches no model anything. */
  #checkPacing(accounts: readonly Account[], placementIndex: number): DropReason | null {
    let held = false;
    for (const { index } of accounts) {
      const purse = this.#purseOf(index);
      if (purse.coinPlacement !== placementIndex) this.#toss(purse, placementIndex);
      held ||= purse.isHeld;
    }
    return held ? "pacing_held" : null;
  }

  #toss(purse: Purse, placementIndex: number): void {
    const passRate = purse.funds?.passRate ?? 1;
    purse.coinPlacement = placementIndex;
    purse.coinCount++;
    purse.isHeld = passRate < 1 && this.#input.tossFor(purse.account, placementIndex) >= passRate;
  }

  #purseOf(index: number): Purse {
    return this.#purses[this.#input.places[index] as number] as Purse; // all that the eligible name have one
  }
}
