// Isotonic calibration by pooling adjacent violators (Zadrozny and Elkan, 2002), joined up so that no ranking is lost.
import type { Calibration } from "../../shared/scoring/calibration.ts";

/** Most points of the curve, but for one more at each end. */
const MAX_BINS = 60;

/** Bins whose mean logits are nearer than this are one: between them the curve would be a cliff. */
const MIN_GAP = 0.01;

interface Bin {
  readonly count: number;
  readonly positives: number;
  readonly logitSum: number;
}

/**
 * Bins of equal mass, neighbours pooled until the log-odds of their labels rise; the curve goes through the bins' means, and beyond
 * them as `line` rises. Where everything is pooled, `line` itself.
 */
export function fitIsotonic(
  logits: Float32Array,
  labels: Uint8Array,
  line: { readonly slope: number; readonly intercept: number },
): Calibration {
  const pooled: Bin[] = [];
  for (const bin of binsOf(logits, labels)) {
    let last = bin;
    while (pooled.length > 0 && !follows(pooled[pooled.length - 1] as Bin, last)) last = pool(pooled.pop() as Bin, last); // not empty
    pooled.push(last);
  }
  const points = pooled.map((bin) => ({ logit: meanLogit(bin), value: logOddsOf(bin) }));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return line;
  const outer = (point: typeof first, step: number) => ({ logit: point.logit + step, value: point.value + step * line.slope });
  const all = [outer(first, -1), ...points, outer(last, 1)];
  return { logits: all.map(({ logit }) => logit), values: all.map(({ value }) => value) };
}

/** Ties are never divided. */
function binsOf(logits: Float32Array, labels: Uint8Array): Bin[] {
  const order = Uint32Array.from(logits, (_, index) => index).sort((a, b) => logits[a]! - logits[b]!);
  const target = order.length / Math.min(MAX_BINS, Math.floor(Math.sqrt(order.length)));
  const bins: Bin[] = [];
  let [count, positives, logitSum] = [0, 0, 0];
  order.forEach((example, rank) => {
    count++;
    positives += labels[example]!;
    logitSum += logits[example]!;
    const next = order[rank + 1];
    const ends = next === undefined || (rank + 1 >= (bins.length + 1) * target && logits[next] !== logits[example]);
    if (!ends) return;
    bins.push({ count, positives, logitSum });
    [count, positives, logitSum] = [0, 0, 0];
  });
  return bins;
}

const follows = (before: Bin, after: Bin): boolean =>
  logOddsOf(before) < logOddsOf(after) && meanLogit(after) - meanLogit(before) >= MIN_GAP;

const meanLogit = ({ logitSum, count }: Bin): number => logitSum / count;

function pool(a: Bin, b: Bin): Bin {
  return { count: a.count + b.count, positives: a.positives + b.positives, logitSum: a.logitSum + b.logitSum };
}

/** Half an example more of each label, so that a bin of one label alone has finite odds. */
const logOddsOf = ({ count, positives }: Bin): number => Math.log((positives + 0.5) / (count - positives + 0.5));
