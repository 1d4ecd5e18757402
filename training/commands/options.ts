// Arguments of the command line, parsed: a number that is none, or out of bounds, is said so before anything runs.
import { InvalidArgumentError, Option } from "commander";
import { Policy } from "../../shared/schemas/catalog.ts";
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

export const POLICY_NAMES: Policy["name"][] = ["greedy", "epsilon-greedy", "random"];
const STANDARD_EPSILON = 0.1;

export const epsilonOption = (): Option =>
  new Option("--epsilon <share>", `uniform draws of epsilon-greedy (default: ${STANDARD_EPSILON})`).argParser(Number);

/** Throws a `CodedError` where a policy is given an epsilon that it has no use for, or one outside of (0, 1). */
export function policyFrom(name: string, epsilon: number | undefined): Policy {
  const standard = name === "epsilon-greedy" ? { epsilon: STANDARD_EPSILON } : {};
  return parse(Policy, { name, ...standard, ...(epsilon !== undefined && { epsilon }) }, "policy");
}
