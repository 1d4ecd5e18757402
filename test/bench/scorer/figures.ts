// From measured times to the figures of the benchmark: medians, ratios, multiply-add rates, shares of the ceilings.
import { median, spread } from "../median.ts";
import type { Times } from "./rounds.ts";

/** What the benchmark knows of an engine: who made it, how exact it is, and which multiply-adds of a request it need not do. */
export interface EngineFacts {
  readonly name: string;
  readonly label: string;
  readonly side: "ours" | "peer";
  readonly precision: "f32" | "int8";
}

export interface MeasuredCell {
  /** `A100`: the shape, then the candidates. */
  readonly name: string;
  readonly times: ReadonlyMap<string, Times>;
  /** Multiply-adds that the request needs, by engine; a ceiling's are those of its run. */
  readonly macs: Readonly<Record<string, number>>;
}

type ByName = Record<string, number>;

export interface CellFigures {
  /** Median microseconds a request, by CPU time where the system tells it. `ortInt8` is the faster of its two ways. */
  readonly us: ByName;
  /** As above, by the wall clock. */
  readonly wallUs: ByName;
  /** The quickest round of each: what a machine that others share comes to when it is left alone. */
  readonly leastUs: ByName;
  /** (largest - smallest) / median of the rounds. */
  readonly spread: ByName;
  /** Needed multiply-adds / time, in 10^9 a second. */
  readonly gmacs: ByName;
  /** Peer's time / the best of ours. */
  readonly ratios: ByName;
  /** Peer's time / ours without any reuse. */
  readonly dense: ByName;
}

const MERGED = { name: "ortInt8", of: ["ortInt8Dynamic", "ortInt8Static"] } as const;

export function figuresOf({ times, macs }: MeasuredCell, engines: readonly EngineFacts[]): CellFigures {
  const us = mapTimes(times, ({ cpu, wall }) => median(cpu ?? wall));
  const wallUs = mapTimes(times, ({ wall }) => median(wall));
  for (const byName of [us, wallUs]) {
    const ways = MERGED.of.flatMap((name) => byName[name] ?? []);
    if (ways.length > 0) byName[MERGED.name] = Math.min(...ways);
  }
  const best = Math.min(...engines.filter(({ side }) => side === "ours").flatMap(({ name }) => us[name] ?? []));
  const peers = [...engines.filter(({ side }) => side === "peer").map(({ name }) => name), MERGED.name];
  const against = (ours: number | undefined) =>
    Object.fromEntries(peers.flatMap((name) => (us[name] === undefined || !ours ? [] : [[name, us[name] / ours]])));
  return {
    us,
    wallUs,
    leastUs: mapTimes(times, ({ cpu, wall }) => Math.min(...(cpu ?? wall))),
    spread: mapTimes(times, ({ cpu, wall }) => spread(cpu ?? wall)),
    gmacs: Object.fromEntries(
      Object.entries(macs).flatMap(([name, count]) => (us[name] ? [[name, count / us[name] / 1000]] : [])),
    ),
    ratios: against(best),
    dense: against(us.oursDense),
  };
}

/** Each of our engines' rate as a share of each ceiling that was measured in the same rounds. */
export function ceilingShares({ gmacs }: CellFigures, engines: readonly EngineFacts[], ceilings: readonly string[]) {
  const ours = engines.filter(({ side }) => side === "ours");
  const sharesOf = (ceiling: number) =>
    Object.fromEntries(ours.flatMap(({ name }) => (gmacs[name] === undefined ? [] : [[name, gmacs[name] / ceiling]])));
  return Object.fromEntries(ceilings.flatMap((name) => (gmacs[name] === undefined ? [] : [[name, sharesOf(gmacs[name])]])));
}

function mapTimes(times: ReadonlyMap<string, Times>, of: (times: Times) => number): ByName {
  return Object.fromEntries([...times].map(([name, one]) => [name, of(one)]));
}
