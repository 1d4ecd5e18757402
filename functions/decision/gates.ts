// What the moment forbids: caps that are used up, budgets without money, pacing, what is in the decision already and its competitors.
import type { DropReason } from "../../shared/catalog/reasons.ts";
import { hashText } from "../../shared/features/hash.ts";
import type { DecisionState } from "../../shared/schemas/decision-record.ts";
import type { CandidateSupply } from "../catalog/candidate-supply.ts";
import type { Candidate } from "../catalog/catalog-index.ts";
import type { Account } from "../catalog/limits.ts";

/** What a shown creative takes from an account: micros of money, or an impression of a goal. */
export interface Spend {
  readonly accountKey: string;
  readonly leaseId: string;
  readonly amount: number;
}

export interface GatesInput {
  readonly state: DecisionState;
  /** Whether anybody is known whose views could be counted. */
  readonly hasSubject: boolean;
  /** A number in [0, 1) for each 32-bit state. */
  readonly uniformFrom: (state: number) => number;
  readonly seed: number;
}

/** The gates of one decision. What is taken closes them for what comes after: its placements are decided one after the other. */
export class Gates {
  readonly #input: GatesInput;
  readonly #shown = new Set<string>();
  readonly #groups = new Set<string>();
  /** Views by cap key, and spends by account key, of this decision so far. */
  readonly #views = new Map<string, number>();
  readonly #spends = new Map<string, Spend>();
  readonly #opportunities = new Map<string, number>();
  readonly #coins = new Map<string, { readonly placementIndex: number; readonly isHeld: boolean }>();

  constructor(input: GatesInput) {
    this.#input = input;
  }

  /** Why a candidate may not be shown in a placement now; null where it may. */
  check(candidate: Candidate, placementIndex: number): DropReason | null {
    const { supply } = candidate;
    if (!supply) return this.#shown.has(candidate.creativeId) ? "already_shown" : null;
    return (
      this.#checkCaps(supply) ??
      this.#checkAccounts(supply.accounts, supply.costBoundMicros) ??
      this.#checkShown(candidate.creativeId, supply) ??
      this.#checkPacing(supply.accounts, placementIndex)
    );
  }

  /** As `check`, of one that has passed it in this placement: what has been shown since may have closed a gate. */
  recheck({ creativeId, supply }: Candidate): boolean {
    if (!supply) return !this.#shown.has(creativeId);
    return (
      (this.#checkCaps(supply) ??
        this.#checkAccounts(supply.accounts, supply.costBoundMicros) ??
        this.#checkShown(creativeId, supply)) === null
    );
  }

  /** `heldMicros` is what the budget gives for it; a goal gives an impression. Answers with the leases that do. */
  take({ creativeId, supply }: Candidate, heldMicros: number): string[] {
    this.#shown.add(creativeId);
    if (!supply) return [];
    for (const group of supply.campaign.separationGroups) this.#groups.add(group);
    for (const { key } of supply.capped) this.#views.set(key, (this.#views.get(key) ?? 0) + 1);
    return supply.accounts.map(({ key, unit }) => this.#spend(key, unit === "micros" ? heldMicros : 1));
  }

  #spend(accountKey: string, added: number): string {
    const view = this.#input.state.accounts[accountKey];
    if (!view || "refused" in view) throw new Error(`${accountKey} was passed without a lease`);
    const { leaseId } = view;
    this.#spends.set(accountKey, { accountKey, leaseId, amount: (this.#spends.get(accountKey)?.amount ?? 0) + added });
    return leaseId;
  }

  /** Views by cap key: what was shown of what was held. */
  get views(): ReadonlyMap<string, number> {
    return this.#views;
  }

  get spends(): readonly Spend[] {
    return [...this.#spends.values()];
  }

  /** How often each account could have been spent from, had its pacing let it. */
  get opportunities(): ReadonlyMap<string, number> {
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

  #checkAccounts(accounts: readonly Account[], costMicros: number): DropReason | null {
    for (const { key, unit } of accounts) {
      const view = this.#input.state.accounts[key];
      if (!view) return "budget_unavailable";
      if ("refused" in view) return view.refused;
      const left = view.left - (this.#spends.get(key)?.amount ?? 0);
      if (left < (unit === "micros" ? costMicros : 1)) return unit === "micros" ? "budget_exhausted" : "goal_reached";
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
    for (const { key } of accounts) {
      const coin = this.#coins.get(key);
      const isHeld = coin?.placementIndex === placementIndex ? coin.isHeld : this.#toss(key, placementIndex);
      held ||= isHeld;
    }
    return held ? "pacing_held" : null;
  }

  #toss(key: string, placementIndex: number): boolean {
    const { seed, uniformFrom, state } = this.#input;
    const view = state.accounts[key];
    const passRate = view && "passRate" in view ? view.passRate : 1;
    const isHeld = passRate < 1 && uniformFrom(hashText(`${placementIndex} ${key}`, seed)) >= passRate;
    this.#coins.set(key, { placementIndex, isHeld });
    this.#opportunities.set(key, (this.#opportunities.get(key) ?? 0) + 1);
    return isHeld;
  }
}
