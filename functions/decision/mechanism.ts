// Which policy chooses, and from which channel's model: the catalog's, unless an arm of the subject says otherwise.
import type { Channel } from "../../shared/artifact/manifest.ts";
import type { Experiment } from "../../shared/catalog/experiment.ts";
import type { Policy } from "../../shared/catalog/policy.ts";
import type { Assignment } from "../../shared/schemas/decisions.ts";

export interface Mechanism {
  readonly policy: Policy;
  readonly channel: Channel;
}

/** Where the arms of several experiments override the same thing, the first experiment in the catalog's order wins. */
export function chooseMechanism(
  defaultPolicy: Policy,
  experiments: readonly Experiment[],
  assignments: readonly Assignment[],
): Mechanism {
  const armIds = new Map(assignments.map(({ experimentId, armId }) => [experimentId, armId]));
  const arms = experiments.flatMap(({ id, arms }) => arms.filter((arm) => arm.id === armIds.get(id)));
  return {
    policy: arms.find(({ policy }) => policy)?.policy ?? defaultPolicy,
    channel: arms.find(({ channel }) => channel)?.channel ?? "stable",
  };
}
