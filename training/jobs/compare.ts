// Champion against challenger, on the newest window of the joined examples.
import type { Task } from "../../shared/tasks/task.ts";
import { exampleSource, type TimeSplit } from "../dataset/examples.ts";
import { streamDataset } from "../dataset/load.ts";
import type { ShardOptions } from "../dataset/shards.ts";
import { evaluateArtifact } from "../evaluate/evaluate-artifact.ts";
import { baseRateLogloss, type Comparison } from "../evaluate/promotion.ts";
import type { ModelArtifact } from "../publish/artifact.ts";
import type { BuiltModel } from "./build-model.ts";

export interface Contest {
  readonly task: Task;
  readonly built: BuiltModel;
  readonly champion: ModelArtifact | null;
  readonly window: { readonly exampleFile: string; readonly span: TimeSplit["test"] };
  /** For the window, where it is large. */
  readonly shards: ShardOptions;
  readonly signal: AbortSignal;
}

/** The champion reads the examples through its own feature map and its own fields: the task may have changed since. */
export async function compare({ task, built, champion, window, shards, signal }: Contest): Promise<Comparison> {
  const { exampleFile, span } = window;
  const challenger = built.metrics.served.test;
  if (!challenger) throw new Error("the quality gate lets no empty window pass");
  const base = { challenger, baseRateLogloss: baseRateLogloss(span) };
  if (!champion) return { ...base, champion: null, championSawExamples: false };
  const { featureMap, dataRange } = champion.manifest;
  const data = await streamDataset(task, featureMap, exampleSource(exampleFile, featureMap.fields, task, span), shards);
  return {
    ...base,
    champion: await evaluateArtifact(champion, data, signal),
    championSawExamples: dataRange !== null && dataRange.lastMs >= span.firstMs,
  };
}
