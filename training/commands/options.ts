// Arguments of the command line, parsed: a number that is none, or out of bounds, is said so before anything runs.
import { InvalidArgumentError } from "commander";

/** @example new Command().option("--visitors <count>", "how many", wholeNumber(1, 1_000_000), 1000) */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`expected a whole number from ${minimum} to ${maximum}`);
  };
}
