// The markets that decisions are measured in, and what one of them takes in each.
import type { DecisionEvent } from "../../../shared/schemas/decision-record.ts";
import type { Edge } from "./edge.ts";
import type { RecordTraffic } from "./floor.ts";
import type { LoadClient } from "./load-client.ts";
import type { MarketOptions } from "./market.ts";
import { measureOnce, type Served, type Target } from "./measure.ts";

export interface CaseOptions extends MarketOptions {
  /** Of the URL, behind the path. */
  readonly query?: string;
}

/** The first is compared with the peer. About a hundred candidates of 1,000 campaigns are scored, about 50 of 370. */
export const CASES = {
  "1,000 campaigns": { campaignCount: 1000, caps: true, budgets: true },
  "without caps": { campaignCount: 1000, caps: false, budgets: true },
  "without budgets": { campaignCount: 1000, caps: true, budgets: false },
  "with neither": { campaignCount: 1000, caps: false, budgets: false },
  "with an explanation": { campaignCount: 1000, caps: true, budgets: true, query: "?explain=true" },
  "about 50 scored": { campaignCount: 370, caps: true, budgets: true },
  "about 50 scored, with neither": { campaignCount: 370, caps: false, budgets: false },
} as const satisfies Record<string, CaseOptions>;

export type CaseName = keyof typeof CASES;

/** Of the records that a decision leaves, on average. */
export interface Recorded extends RecordTraffic {
  /** Candidates that the model scored, in all placements together. */
  readonly scored: number;
}

export type CaseResult = Served & Recorded;

export async function readRecords(client: LoadClient, edge: Edge, target: Target, connectionCount: number): Promise<Recorded> {
  const messages = await edge.queue.keepDuring(() => measureOnce(client, target, { connectionCount, seconds: 0.5 }));
  return summarize(messages);
}

/** Records share a message, a line each. */
export function summarize(messages: readonly string[]): Recorded {
  const lines = messages.flatMap((message) => message.split("\n"));
  const records = lines.map((line) => JSON.parse(line) as DecisionEvent); // what the Worker sent
  const scored = records.flatMap(({ placements }) =>
    placements.flatMap(({ tiers }) => tiers.map(({ creativeIds }) => creativeIds.length)),
  );
  return {
    scored: sum(scored) / records.length,
    recordBytes: sum(lines.map((line) => Buffer.byteLength(line))) / records.length,
    recordsPerMessage: records.length / messages.length,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
