// Several slots of one placement, drawn one after the other, without replacement.
import { draw } from "./draw.ts";

export interface SlotRules {
  readonly slotCount: number;
  /** Probabilities of the arms that are left, given by index in rank order: of `distribute`, or of `weigh`. */
  readonly distributeOver: (remaining: readonly number[]) => number[];
  /** A number in [0, 1) for each slot, independent of the others. */
  readonly uniformAt: (slot: number) => number;
  /** Which of the rest may still be shown after a draw, in their order; all, where it is left out. After the last draw there is no rest. */
  readonly remainAfter?: (drawn: SlotDraw, rest: readonly number[]) => readonly number[];
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

/** After the last slot nobody asks who is left. */
const NOBODY: readonly number[] = [];

/**
 * Draws until the slots are filled or no arm is left.
 *
 * @example drawSlots(3, { slotCount: 2, distributeOver: (left) => distribute(policy, arms, left), uniformAt });
 */
export function drawSlots(armCount: number, { slotCount, distributeOver, uniformAt, remainAfter }: SlotRules): SlotDraw[] {
  const drawn: SlotDraw[] = [];
  let remaining = listArms(armCount);
  let joint = 1;
  while (drawn.length < slotCount && remaining.length > 0) {
    const distribution = distributeOver(remaining);
    const position = draw(distribution, uniformAt(drawn.length));
    const index = remaining[position] as number; // what `draw` gives is in both
    const propensity = distribution[position] as number; // as above
    joint *= propensity;
    const one = { index, remaining, position, distribution, propensity, jointPropensity: joint };
    drawn.push(one);
    const rest = drawn.length < slotCount ? remaining.filter((other) => other !== index) : NOBODY;
    remaining = remainAfter?.(one, rest) ?? rest;
  }
  return drawn;
}

function listArms(count: number): readonly number[] {
  const arms = new Array<number>(count);
  for (let arm = 0; arm < count; arm++) arms[arm] = arm;
  return arms;
}
