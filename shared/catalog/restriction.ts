// One thing that candidates restrict, turned around: for each value the set of those that name it.
import { addMembers, assignMembers, type Bits, type Members, membersOf, removeMembers } from "./bitset.ts";
import type { Match } from "./targeting.ts";

/**
 * All of `restricted` fail, but for those that a value lets in (`anyOf`), and whatever a value shuts out (`noneOf`) fails too.
 * `restricted` is null where nobody has an `anyOf`. Both are found in one look: looking values up is most of the work.
 */
export interface Restriction {
  readonly restricted: Members | null;
  readonly named: ReadonlyMap<string, Named>;
}

/** Who names a value in which list; null where nobody does. */
export interface Named {
  readonly anyOf: Members | null;
  readonly noneOf: Members | null;
}

/**
 * `matches` has one for each candidate, in their order; `spell` makes values comparable.
 *
 * @example const countries = compileRestriction(flights.map(({ targeting }) => targeting.countries), spell);
 */
export function compileRestriction(matches: readonly (Match | undefined)[], spell: (text: string) => string): Restriction {
  const restricted = matches.flatMap((match, index) => (match?.anyOf ? [index] : []));
  const [anyOf, noneOf] = [invert(matches, "anyOf", spell), invert(matches, "noneOf", spell)];
  const values = new Set([...anyOf.keys(), ...noneOf.keys()]);
  return {
    restricted: restricted.length > 0 ? membersOf(restricted, matches.length) : null,
    named: new Map([...values].map((value) => [value, { anyOf: anyOf.get(value) ?? null, noneOf: noneOf.get(value) ?? null }])),
  };
}

/** @example const canFail = isUsed(restriction); */
export const isUsed = ({ restricted, named }: Restriction): boolean => restricted !== null || named.size > 0;

/**
 * Makes `failed` the set of those that do not pass under the values.
 *
 * @example assignFailed(failed, countries, ["de"]);
 */
export function assignFailed(failed: Bits, { restricted, named }: Restriction, values: readonly string[]): void {
  if (restricted) assignMembers(failed, restricted);
  else failed.fill(0);
  let shutOut: Members[] | null = null; // added last: whoever one value shuts out no other lets in
  for (const value of values) {
    const found = named.get(value);
    if (found?.anyOf) removeMembers(failed, found.anyOf);
    if (found?.noneOf) (shutOut ??= []).push(found.noneOf);
  }
  if (shutOut) for (const excluded of shutOut) addMembers(failed, excluded);
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
