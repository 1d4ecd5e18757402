// The policies once more, each straight from its definition, arm by arm: what the fast code must equal.
import type { Policy } from "../../../shared/catalog/policy.ts";
import type { Arms } from "../../../shared/policies/distribute.ts";

const isBest = (values: readonly number[], arm: number) =>
  values.every((value, other) => value < values[arm]! || (value === values[arm]! && other >= arm));

/** Probability of `arm` among the arms `left`, as indices into `arms`. */
export function probabilityOf(arm: number, left: readonly number[], policy: Policy, arms: Arms): number {
  const base = baseOf(
    left.indexOf(arm),
    policy,
    left.map((one) => arms.values[one] ?? 0),
    drawsOf(left, arms),
  );
  const recent = left.filter((one) => arms.newcomers?.[one]);
  if (!policy.newcomers || recent.length === 0) return base;
  const { share } = policy.newcomers;
  return share * (recent.includes(arm) ? 1 / recent.length : 0) + (1 - share) * base;
}

function drawsOf(left: readonly number[], { values, draws }: Arms): number[][] {
  if (!draws) return [left.map((arm) => values[arm] ?? 0)];
  return Array.from({ length: draws.length / values.length }, (_, draw) => left.map((arm) => draws[draw * values.length + arm]!));
}

function baseOf(arm: number, policy: Policy, values: readonly number[], draws: readonly number[][]): number {
  const [count, best] = [values.length, Math.max(...values)];
  const share = (value: number) => (best === 0 ? 0 : value / best);
  switch (policy.name) {
    case "random":
      return 1 / count;
    case "greedy":
      return isBest(values, arm) ? 1 : 0;
    case "epsilon-greedy":
      return policy.epsilon / count + (isBest(values, arm) ? 1 - policy.epsilon : 0);
    case "thompson":
      return draws.filter((draw) => isBest(draw, arm)).length / draws.length;
    case "softmax":
      return 1 / values.reduce((sum, value) => sum + Math.exp((share(value) - share(values[arm]!)) / policy.temperature), 0);
    case "squarecb": {
      const others = values.map((value, other) =>
        isBest(values, other) ? 0 : 1 / (count + policy.gamma * (share(best) - share(value))),
      );
      return isBest(values, arm) ? 1 - others.reduce((sum, one) => sum + one, 0) : others[arm]!;
    }
  }
}
