// Simulated visits as flat examples of the ad-click task, beside the truth: what a join of the event log would give, in memory.
import type { Features } from "../../shared/schemas/features.ts";
import { candidateFeatures, contextFeatures } from "./catalog.ts";
import { type Crowd, visits } from "./visits.ts";

/** `record` has all fields of the task, its label and its time. */
export interface SimulatedExample {
  readonly record: Features;
  readonly clickProbability: number;
}

/** One example for each impression that was rendered. */
export function* simulatedExamples(crowd: Crowd): Generator<SimulatedExample> {
  for (const { visitor, timeMs, choices } of visits(crowd)) {
    for (const { placement, chosen, chosenProbability, outcome } of choices) {
      if (!outcome.rendered) continue;
      const features = { ...contextFeatures(visitor, placement, timeMs), ...candidateFeatures(chosen) };
      yield { record: { ...features, click: outcome.clicked ? 1 : 0, timeMs }, clickProbability: chosenProbability };
    }
  }
}
