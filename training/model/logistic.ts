// Logistic regression: logit = bias + sum of the linear weights of the rows that the example has.
import type { Net, Term } from "./net.ts";

/** The sums come from the tables; the term has no weights of its own. */
export const linearTerm: Term = { parameters: [], statistics: [], forward: ({ sums }) => sums };

export function logistic(): Net {
  return { readsX0: false, readsSums: true, terms: [linearTerm], export: () => ({ fm: false, cross: null, mlp: null }) };
}
