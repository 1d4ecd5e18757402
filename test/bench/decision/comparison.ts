// Decisions beside the floor that the platform sets them, and beside a Hono app that only parses and echoes: in turns, in one run.
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../workerd/bundle.ts";
import { serveWorker } from "../workerd/serve.ts";
import { type FloorPart, floorQuery, type RecordTraffic, startFloor } from "./floor.ts";
import type { LoadClient } from "./load-client.ts";
import { measureRounds, type Served, type Target } from "./measure.ts";
import { warmUp } from "./warm-up.ts";

const PEER = fileURLToPath(new URL("peer.ts", import.meta.url));

/** Of the loops whose throughput is compared. */
export const CONNECTION_COUNT = 16;

/** Of what a closed loop reaches, what the open one offers to all: enough to be busy, and all of them sustain it. */
const OFFERED_SHARE = 0.5;

export interface Compared {
  readonly decision: Served;
  readonly floor: Served;
  readonly echo: Served;
}

export interface Comparison {
  readonly oneConnection: Compared;
  /** Over `CONNECTION_COUNT` connections. */
  readonly saturated: Compared;
  /** What the floor takes with its first part, its first two, and so on to all, over as many. */
  readonly floorParts: Readonly<Record<FloorPart, Served>>;
  /** Requests due at fixed times over as many: half of what decisions reached there. */
  readonly sameRate: Compared & { readonly offeredPerSecond: number };
}

/** Open loops take longer than closed ones (`seconds`): they send less, and are there for their tails. */
export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly openSeconds: number;
  /** At most. */
  readonly warmUpSeconds: number;
}

/** `decision` is warm. */
export async function compare(client: LoadClient, decision: Target, traffic: RecordTraffic, effort: Effort): Promise<Comparison> {
  const { modules } = await bundleWorker({ file: PEER }, { minify: true });
  const peer = await serveWorker(modules);
  const floor = await startFloor(traffic);
  const upTo = (last: FloorPart): Target => ({ ...decision, workerd: floor.workerd, query: floorQuery(last) });
  const floorParts = { tokens: upTo("tokens"), message: upTo("message"), hold: upTo("hold"), settle: upTo("settle") };
  try {
    return await compareAll(client, { decision, echo: { ...decision, workerd: peer } }, floorParts, effort);
  } finally {
    await floor.stop();
    await peer.stop();
  }
}

async function compareAll(
  client: LoadClient,
  ends: { readonly decision: Target; readonly echo: Target },
  floorParts: Readonly<Record<FloorPart, Target>>,
  { rounds, seconds, openSeconds, warmUpSeconds }: Effort,
): Promise<Comparison> {
  const targets = { ...ends, floor: floorParts.settle };
  for (const target of [targets.echo, targets.floor]) await warmUp(client, target, CONNECTION_COUNT, warmUpSeconds);
  const closed = { connectionCount: CONNECTION_COUNT, rounds, seconds };
  const { decision, echo, ...parts } = await measureRounds(client, { ...ends, ...floorParts }, closed);
  const oneConnection = await measureRounds(client, targets, { connectionCount: 1, rounds, seconds: seconds / 2 });
  const offeredPerSecond = Math.round(decision.perSecond * OFFERED_SHARE);
  const open = { ...closed, seconds: openSeconds, perSecond: offeredPerSecond };
  const sameRate = { offeredPerSecond, ...(await measureRounds(client, targets, open)) };
  return { oneConnection, saturated: { decision, floor: parts.settle, echo }, floorParts: parts, sameRate };
}
