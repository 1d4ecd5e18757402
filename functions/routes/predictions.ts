// POST /v1/predictions/{task}: calibrated probabilities from the task's stable model.
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { PredictionRequest, type PredictionResponse } from "../../shared/schemas/predictions.ts";
import { TaskName } from "../../shared/tasks/task-name.ts";
import { scoreCandidates } from "../decision/scoring.ts";
import type { Loaded } from "../model/channel-loader.ts";
import type { LoaderPool } from "../model/loader-pool.ts";
import type { EdgeModel } from "../model/model.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readJsonBody } from "./body.ts";

export interface PredictionDependencies {
  readonly models: LoaderPool<EdgeModel>;
  readonly metrics: Pick<Metrics, "predictions" | "fallbacks">;
}

export function predictionRoutes({ models, metrics }: PredictionDependencies) {
  return new Hono().post("/v1/predictions/:task", async (context) => {
    const request = await readJsonBody(context, PredictionRequest);
    const task = context.req.param("task");
    const model = await loadModel(context, task, models);
    const response = predict(task, request, model);
    metrics.predictions.add({}, response.predictions.length);
    if (response.fallback) metrics.fallbacks.add({ reason: response.fallback });
    return context.json(response);
  });
}

/** Null where nothing could be loaded yet. Throws `task_unknown` where the store says that nothing was ever published. */
async function loadModel(context: Context, task: string, models: LoaderPool<EdgeModel>): Promise<Loaded<EdgeModel> | null> {
  if (!v.is(TaskName, task) || task === CATALOG_NAME) throw taskUnknown(task);
  const loader = models.loaderOf(task, "stable");
  const model = await loader.get((work) => context.executionCtx.waitUntil(work));
  if (!model && loader.lastFailure === "pointer_missing") throw taskUnknown(task);
  return model;
}

function taskUnknown(task: string): CodedError {
  return new CodedError("task_unknown", "task", `no model of a task "${task}" is published; GET /v1/models lists what is`);
}

function predict(task: string, request: PredictionRequest, model: Loaded<EdgeModel> | null): PredictionResponse {
  if (model) refuseWrongSide(model.value, request);
  const candidates = request.candidates ?? [{ features: {} }];
  const scores = model && scoreCandidates(model.value, request.features, candidates, { known: false });
  return {
    task,
    modelVersion: model?.version ?? null,
    fallback: scores ? null : model ? "score_failed" : "no_model",
    predictions: candidates.map((candidate, index) => ({
      ...("id" in candidate && { id: candidate.id }),
      logit: scores?.logits[index] ?? null,
      probability: scores?.probabilities[index] ?? null,
    })),
  };
}

/** Candidates are given exactly where the model has fields for them: anything else would be a prediction of something else. */
function refuseWrongSide({ encoder }: EdgeModel, { candidates }: PredictionRequest): void {
  const takesCandidates = encoder.candidate.fieldCount > 0;
  if (takesCandidates && !candidates) {
    throw new CodedError("candidates_required", "candidates", "this task has candidate fields; send at least one candidate");
  }
  if (!takesCandidates && candidates) {
    throw new CodedError("candidates_unexpected", "candidates", "this task has no candidate fields; send all under features");
  }
}
