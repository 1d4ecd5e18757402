// What a decision must know of the moment: how often its subject has seen what is capped, and what budgets still give.

import type { SeenViews } from "../../shared/catalog/views-left.ts";
import type { WaitUntil } from "../catalog/snapshot.ts";
import type { DecisionInput } from "../decision/decide.ts";
import type { Needs } from "../decision/needs.ts";
import type { DecisionState } from "../decision/state.ts";
import type { Frequency } from "../frequency/frequency.ts";
import type { LeaseHolder, Want } from "../ledger/lease-holder.ts";

export interface StateDependencies {
  readonly frequency: Frequency;
  readonly ledger: LeaseHolder;
}

/** A reader waits this long at most for counters and budgets, unless the request says otherwise. */
const STANDARD_TIMEOUT_MS = 50;

/**
 * Asks counters and ledgers, both at once. Where nothing bounds the eligible, or all leases are at hand, nobody waits. Null where the
 * counters were not asked, or did not answer in time.
 *
 * @param untilMs when the request's own time is over; null where it names none
 */
export async function prepareState(
  { request, decisionId, nowMs }: DecisionInput,
  needs: Needs,
  catalogSequence: number,
  untilMs: number | null,
  { frequency, ledger }: StateDependencies,
  waitUntil: WaitUntil,
): Promise<SeenViews | null> {
  const deadlineMs = untilMs ?? nowMs + STANDARD_TIMEOUT_MS;
  const { subjectId } = request;
  const { slotCount, cappedWindowMs: windowMs } = needs;
  const isCounted = subjectId !== undefined && windowMs > 0;
  const [caps] = await Promise.all([
    isCounted
      ? frequency.hold({ subjectId, requestId: decisionId, wanted: { slotCount, windowMs }, deadlineMs }, waitUntil)
      : null,
    needs.accounts.length > 0 ? ledger.prepare(wantsOf(needs, catalogSequence), deadlineMs) : null,
  ]);
  return caps;
}

/** One want a campaign. */
function wantsOf({ accounts }: Needs, sequence: number): Want[] {
  const wants = new Map<string, Want & { accounts: Want["accounts"][number][] }>();
  for (const { campaign, account, terms, unit } of accounts) {
    const { id, timeZone } = campaign;
    const want = wants.get(id) ?? { campaignId: id, campaign: { sequence, timeZone }, accounts: [] };
    wants.set(id, want);
    want.accounts.push({ key: account, terms, unit });
  }
  return [...wants.values()];
}

/** Must be decided on and committed before anything is awaited. */
export function readState({ accounts }: Needs, caps: SeenViews | null, ledger: LeaseHolder, nowMs: number): DecisionState {
  return { caps, funds: accounts.map(({ campaign, account }) => ledger.read(campaign.id, account, nowMs)) };
}
