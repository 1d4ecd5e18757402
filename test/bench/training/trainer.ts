// A trainer in a process of its own: asked for steps, it answers how long they took and what they lost.
import type { ShapeName } from "./shape.ts";

/** One step on the batch of that number; its loss before the update. */
export type TrainStep = (step: number) => Promise<number>;

export interface Answer {
  readonly ms: number;
  readonly losses: readonly number[];
}

/** Serves the process that forked this one: it sends a number of steps, and gets an `Answer`. */
export function serveTrainer(prepare: (shape: ShapeName) => Promise<TrainStep>): void {
  const shape = process.argv[2] as ShapeName; // by measure.ts, which forks us
  const prepared = prepare(shape);
  let done = 0;
  process.on("message", async (steps: number) => {
    const train = await prepared;
    const losses: number[] = [];
    const begun = performance.now();
    for (let i = 0; i < steps; i++) losses.push(await train(done++));
    process.send?.({ ms: performance.now() - begun, losses } satisfies Answer);
  });
}
