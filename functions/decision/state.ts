// What a decision takes from outside: as the gates read it, and as the record keeps it, in columns.

import type { SeenViews } from "../../shared/catalog/views-left.ts";
import type { RecordedState } from "../../shared/schemas/decision-record.ts";
import { packNumbers, unpackDoubles } from "../../shared/schemas/packed-numbers.ts";
import type { Account } from "../catalog/limits.ts";
import type { Funds } from "../ledger/account.ts";

/** `caps` is null where the counters were not asked, or did not answer. `funds` are of the needs' accounts, in order; null where nothing is known. */
export interface DecisionState {
  readonly caps: SeenViews | null;
  readonly funds: readonly (Funds | null)[];
}

const COMMON_SHORTAGE = "budget_unavailable";

export function recordState(accounts: readonly Account[], { caps, funds }: DecisionState): RecordedState {
  const keys: string[] = [];
  const left = new Float64Array(funds.length);
  const passRates = new Float64Array(funds.length);
  const shortages: RecordedState["accounts"]["shortages"] = {};
  for (let at = 0; at < funds.length; at++) {
    const one = funds[at];
    if (!one) continue;
    const { key } = accounts[at] as Account; // one each
    left[keys.length] = one.left;
    passRates[keys.length] = one.passRate;
    if (one.shortage !== COMMON_SHORTAGE) shortages[key] = one.shortage;
    keys.push(key);
  }
  const pack = (column: Float64Array) => packNumbers(column.subarray(0, keys.length));
  return {
    caps: caps && { ...caps, seenMs: toRecord(caps.seenMs) },
    accounts: { keys, left: pack(left), passRates: pack(passRates), shortages },
  };
}

/** The state that a record was made in. */
export function readRecordedState({ caps, accounts }: RecordedState, needed: readonly Account[]): DecisionState {
  const { keys, shortages } = accounts;
  const left = unpackDoubles(accounts.left);
  const passRates = unpackDoubles(accounts.passRates);
  const places = new Map(keys.map((key, place) => [key, place]));
  const fundsOf = ({ key }: Account): Funds | null => {
    const place = places.get(key) ?? -1;
    const [own, passRate] = [left?.[place], passRates?.[place]];
    return own === undefined || passRate === undefined
      ? null
      : { left: own, passRate, shortage: shortages[key] ?? COMMON_SHORTAGE };
  };
  return { caps: caps && { ...caps, seenMs: new Map(Object.entries(caps.seenMs)) }, funds: needed.map(fundsOf) };
}

const toRecord = (seenMs: SeenViews["seenMs"]): Record<string, number[]> =>
  Object.fromEntries(Array.from(seenMs, ([key, list]) => [key, [...list]]));
