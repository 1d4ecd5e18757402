// Several slots of one placement, drawn one after the other, without replacement.
import { draw } from "./draw.ts";

export interface SlotRules {
  readonly slotCount: number;
  /** Probabilities of the arms that are left, given by index in rank order: `distribute` of `selectArms`, or `weigh`. */
  readonly distributeOver: (remaining: readonly number[]) => number[];
  /** A number in [0, 1) for each slot, independent of the others. */
  readonly uniformAt: (slot: number) => number;
  /** Whether `other` may not be beside `shown`: competitors. */
  readonly excludes?: (shown: number, other: number) => boolean;
}

export interface SlotDraw {
  /** The arm that was drawn. */
  readonly index: number;
  /** The arms that could have been, `remaining[position]` being the drawn one, and the probability of each. */
  readonly remaining: readonly number[];
  readonly position: number;
  readonly distribution: readonly number[];
  /** Probability of this slot's draw, given those of the slots before. */
  readonly propensity: number;
  /** Of all draws up to this one: the product of their propensities. */
  readonly jointPropensity: number;
}

/**
 * Draws until the slots are filled or no arm is left.
 *
 * @example drawSlots(3, { slotCount: 2, distributeOver: (left) => distribute(policy, selectArms(arms, left)), uniformAt });
 */
export function drawSlots(armCount: number, { slotCount, distributeOver, uniformAt, excludes }: SlotRules): SlotDraw[] {
  const drawn: SlotDraw[] = [];
  let remaining = listArms(armCount);
  let joint = 1;
  while (drawn.length < slotCount && remaining.length > 0) {
    const distribution = distributeOver(remaining);
    const position = draw(distribution, uniformAt(drawn.length));
    const index = remaining[position] as number; // what `draw` gives is in both
    const propensity = distribution[position] as number; // as above
    joint *= propensity;
    drawn.push({ index, remaining, position, distribution, propensity, jointPropensity: joint });
    remaining = remaining.filter((other) => other !== index && !excludes?.(index, other));
  }
  return drawn;
}

function listArms(count: number): readonly number[] {
  const arms = new Array<number>(count);
  for (let arm = 0; arm < count; arm++) arms[arm] = arm;
  return arms;
}
