// Two trainers in processes of their own, taking turns.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { median } from "../median.ts";
import { BATCH_SIZE, type ShapeName } from "./shape.ts";
import type { Answer } from "./trainer.ts";

/** Largest difference of the two trainers' losses in the first two steps, the second of which follows an update. */
export const LOSS_TOLERANCE = 1e-4;

export interface Compared {
  readonly shape: ShapeName;
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

/** @throws Error where the two do not train the same model on the same data */
export async function compare(shape: ShapeName, peerFile: string, { rounds, ourSteps, peerSteps }: Plan): Promise<Compared> {
  const ours = start("./ours.ts", shape);
  const peer = start(peerFile, shape);
  try {
    const lossDifference = differenceOf(await ask(ours, 2), await ask(peer, 2));
    if (!(lossDifference <= LOSS_TOLERANCE)) throw new Error(`${peerFile} on ${shape}: losses differ by ${lossDifference}`);
    const speeds: { ours: number; peer: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const own = speedOf(await ask(ours, ourSteps));
      speeds.push({ ours: own, peer: speedOf(await ask(peer, peerSteps)) });
    }
    return {
      shape,
      ours: median(speeds.map((speed) => speed.ours)),
      peer: median(speeds.map((speed) => speed.peer)),
      ratio: median(speeds.map((speed) => speed.ours / speed.peer)),
      lossDifference,
    };
  } finally {
    for (const child of [ours, peer]) child.kill();
  }
}

const start = (file: string, shape: ShapeName): ChildProcess => fork(fileURLToPath(new URL(file, import.meta.url)), [shape]);

async function ask(child: ChildProcess, steps: number): Promise<Answer> {
  child.send(steps);
  const gone = once(child, "exit").then(([code]) => Promise.reject(new Error(`a trainer ended with ${code}`)));
  const [answer] = (await Promise.race([once(child, "message"), gone])) as [Answer]; // trainer.ts sends nothing else
  return answer;
}

const differenceOf = (a: Answer, b: Answer): number =>
  Math.max(...a.losses.map((loss, index) => Math.abs(loss - (b.losses[index] ?? Number.NaN))));

const speedOf = ({ ms, losses }: Answer): number => (losses.length * BATCH_SIZE * 1000) / ms;
