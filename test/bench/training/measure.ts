// Trainers taking turns: each peer beside ours, in rounds.
import { median } from "../median.ts";
import { BATCH_SIZE } from "./shape.ts";
import type { Answer } from "./trainer.ts";
import type { Trainer } from "./trainers.ts";

/** Largest difference of two trainers' losses in the first two steps, the second of which follows an update: each Adam has its own epsilon. */
export const LOSS_TOLERANCE = 2e-4;

export interface Compared {
  /** Samples a second: the median over rounds. */
  readonly ours: number;
  readonly peer: number;
  /** The median of the rounds' ratios. */
  readonly ratio: number;
  readonly lossDifference: number;
}

export interface Plan {
  readonly rounds: number;
  readonly ourSteps: number;
  readonly peerSteps: number;
}

/** Stops both. @throws Error where the two do not train the same model on the same data */
export async function compare(ours: Trainer, peer: Trainer, { rounds, ourSteps, peerSteps }: Plan): Promise<Compared> {
  try {
    const lossDifference = differenceOf(await ours.ask(2), await peer.ask(2));
    if (!(lossDifference <= LOSS_TOLERANCE)) throw new Error(`not the same training: losses differ by ${lossDifference}`);
    const speeds: { ours: number; peer: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const own = speedOf(await ours.ask(ourSteps));
      speeds.push({ ours: own, peer: speedOf(await peer.ask(peerSteps)) });
    }
    return {
      ours: median(speeds.map((speed) => speed.ours)),
      peer: median(speeds.map((speed) => speed.peer)),
      ratio: median(speeds.map((speed) => speed.ours / speed.peer)),
      lossDifference,
    };
  } finally {
    ours.stop();
    peer.stop();
  }
}

const differenceOf = (a: Answer, b: Answer): number =>
  Math.max(...a.losses.map((loss, index) => Math.abs(loss - (b.losses[index] ?? Number.NaN))));

const speedOf = ({ ms, losses }: Answer): number => (losses.length * BATCH_SIZE * 1000) / ms;
