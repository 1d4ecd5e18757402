// One thing that candidates restrict, turned around: for each value the set of those that name it.
import { addMembers, assignMembers, type Bits, type Members, membersOf, removeMembers } from "./bitset.ts";
import type { Match } from "./targeting.ts";

/**
 * All of `restricted` fail, but for those that a value lets in (`anyOf`), and whatever a value shuts out (`noneOf`) fails too.
 * `restricted` is null where nobody has an `anyOf`.
 */
export interface Restriction {
  readonly restricted: Members | null;
  readonly anyOf: ReadonlyMap<string, Members>;
  readonly noneOf: ReadonlyMap<string, Members>;
}

/**
 * `matches` has one for each candidate, in their order; `spell` makes values comparable.
 *
 * @example const countries = compileRestriction(flights.map(({ targeting }) => targeting.countries), spell);
 */
export function compileRestriction(matches: readonly (Match | undefined)[], spell: (text: string) => string): Restriction {
  const restricted = matches.flatMap((match, index) => (match?.anyOf ? [index] : []));
  return {
    restricted: restricted.length > 0 ? membersOf(restricted, matches.length) : null,
    anyOf: invert(matches, "anyOf", spell),
    noneOf: invert(matches, "noneOf", spell),
  };
}

/** @example const canFail = isUsed(restriction); */
export const isUsed = ({ restricted, noneOf }: Restriction): boolean => restricted !== null || noneOf.size > 0;

/**
 * Makes `failed` the set of those that do not pass under the values.
 *
 * @example assignFailed(failed, countries, ["de"]);
 */
export function assignFailed(failed: Bits, { restricted, anyOf, noneOf }: Restriction, values: readonly string[]): void {
  if (restricted) assignMembers(failed, restricted);
  else failed.fill(0);
  for (const value of values) {
    const admitted = anyOf.get(value);
    if (admitted) removeMembers(failed, admitted);
  }
  if (noneOf.size === 0) return;
  for (const value of values) {
    const excluded = noneOf.get(value);
    if (excluded) addMembers(failed, excluded);
  }
}

function invert(
  matches: readonly (Match | undefined)[],
  list: keyof Match,
  spell: (text: string) => string,
): ReadonlyMap<string, Members> {
  const found = new Map<string, number[]>();
  matches.forEach((match, index) => {
    for (const value of new Set(match?.[list]?.map(spell))) {
      const numbers = found.get(value);
      if (numbers) numbers.push(index);
      else found.set(value, [index]);
    }
  });
  return new Map([...found].map(([value, numbers]) => [value, membersOf(numbers, matches.length)]));
}
