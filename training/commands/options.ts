// Arguments of the command line, parsed: a number that is none, or out of bounds, is said so before anything runs.
import { InvalidArgumentError, Option } from "commander";
import { Policy } from "../../shared/catalog/policy.ts";
import { parse } from "../../shared/schemas/coded-error.ts";
import type { DeviceChoice } from "../engine/device.ts";
import { MOST_THREADS } from "../kernels/product-threads.ts";

/** @example new Command().option("--visitors <count>", "how many", wholeNumber(1, 1_000_000), 1000) */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`expected a whole number from ${minimum} to ${maximum}`);
  };
}

const DEVICES: DeviceChoice[] = ["auto", "wasm", "cpu", "webgpu", "node", "node-gpu"];

export const deviceOption = (): Option =>
  new Option("--device <name>", "what the dense net runs on").choices(DEVICES).default("auto");

export const threadsOption = (): Option =>
  new Option(
    "--threads <count>",
    "that share matrix products on the device wasm, to the same bytes (default: one a core)",
  ).argParser(wholeNumber(1, MOST_THREADS));

export const POLICY_NAMES = Policy.options.map(({ entries }) => entries.name.literal);

/** What a policy takes where nothing is said. */
const STANDARDS: Readonly<Record<string, object>> = {
  "epsilon-greedy": { epsilon: 0.1 },
  softmax: { temperature: 0.1 },
  squarecb: { gamma: 100 },
};
const STANDARD_NEWCOMER_DAYS = 7;

/** The policies' parameters as the command line gives them. */
export interface PolicyParameters {
  readonly epsilon?: number;
  readonly temperature?: number;
  readonly gamma?: number;
  readonly newcomerShare?: number;
  readonly newcomerDays?: number;
}

/** @example for (const option of policyOptions()) command.addOption(option); */
export const policyOptions = (): Option[] => [
  new Option("--epsilon <share>", "uniform draws of epsilon-greedy (default: 0.1)").argParser(Number),
  new Option("--temperature <ratio>", "of softmax: the lower, the greedier (default: 0.1)").argParser(Number),
  new Option("--gamma <factor>", "of squarecb: the higher, the greedier (default: 100)").argParser(Number),
  new Option("--newcomer-share <share>", "of any policy: draws that go to new creatives").argParser(Number),
  new Option("--newcomer-days <days>", `how long a creative is new (default: ${STANDARD_NEWCOMER_DAYS})`).argParser(Number),
];

/** Throws a `CodedError` where a policy is given a parameter that it has no use for, or one out of its bounds. */
export function policyFrom(name: string, given: PolicyParameters): Policy {
  const { epsilon, temperature, gamma, newcomerShare: share, newcomerDays } = given;
  const parameters = {
    ...STANDARDS[name],
    ...(epsilon !== undefined && { epsilon }),
    ...(temperature !== undefined && { temperature }),
    ...(gamma !== undefined && { gamma }),
    ...((share ?? newcomerDays) !== undefined && { newcomers: { share, maxAgeDays: newcomerDays ?? STANDARD_NEWCOMER_DAYS } }),
  };
  return parse(Policy, { name, ...parameters }, "policy");
}
