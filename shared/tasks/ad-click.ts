// Will this subject click this creative, in this placement, now? The task behind every decision.
import { parse } from "../schemas/coded-error.ts";
import { Task } from "./task.ts";

/**
 * Context: the request's features, the placement's, and the hour (0..23) and weekday (0 is Sunday) in UTC.
 * Candidate: the creative's features, its id and its campaign's. Label: 1 where the impression was clicked.
 *
 * The model is a small DCN-v2 (Wang et al., 2021): products of two fields are where most of a click's structure is. On the simulated
 * marketplace it came nearer to the ceiling than a DeepFM and an FM of the same size.
 *
 * @example await loadParts(adClick, [{ source, split: "train" }]);
 */
export const adClick: Task = parse(Task, {
  name: "ad-click",
  description: "Probability that an impression is clicked",
  label: "click",
  time: "timeMs",
  fields: [
    { kind: "categorical", name: "device", from: "context" },
    { kind: "categorical", name: "country", from: "context", ids: { minCount: 5 } },
    { kind: "categorical", name: "ageBand", from: "context" },
    { kind: "categorical", name: "segment", from: "context", ids: { minCount: 5 } },
    { kind: "multi", name: "interests", from: "context", ids: { minCount: 5 }, maxLength: 20 },
    { kind: "categorical", name: "hour", from: "context" },
    { kind: "categorical", name: "weekday", from: "context" },
    { kind: "categorical", name: "position", from: "context" },
    { kind: "categorical", name: "creativeId", from: "candidate", ids: { minCount: 10 } },
    { kind: "categorical", name: "campaignId", from: "candidate", ids: { minCount: 10 } },
    { kind: "categorical", name: "category", from: "candidate", ids: { minCount: 5 } },
    { kind: "categorical", name: "format", from: "candidate" },
    { kind: "categorical", name: "brand", from: "candidate", ids: { minCount: 5 } },
    { kind: "text", name: "title", from: "candidate", hashSpace: 1000, ngrams: [1], maxTokens: 20 },
  ],
  model: { family: "dcn-v2", embeddingDimension: 8, crossLayers: 1, hidden: [32] },
  training: { learningRate: 0.005, schedule: "cosine", batchSize: 512, epochs: 6, patience: 6, l2Embedding: 5e-4, posterior: {} },
});
