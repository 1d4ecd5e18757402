// POST /v1/predictions/{task} inside workerd: probabilities in order, or why there are none.
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { PredictionResponse } from "../../../shared/schemas/predictions.ts";
import { MODEL } from "../decision/example-market.ts";
import { createEdge, problemOf } from "../edge.ts";

describe("POST /v1/predictions/{task}", () => {
  const candidates = [{ id: "first", features: { creativeId: "c2" } }, { features: { creativeId: "unseen" } }];

  it("answers with calibrated probabilities in the order of the candidates", async () => {
    const response = await createEdge().post("/v1/predictions/ad-click", { features: { device: "mobile" }, candidates });
    const { predictions, ...rest } = parse(PredictionResponse, await response.json());
    expect(rest).toEqual({ task: "ad-click", modelVersion: MODEL.version, fallback: null });
    expect(predictions).toEqual([
      { id: "first", logit: 1.5, probability: 1 / (1 + Math.exp(-1.5)) },
      { logit: -2.5, probability: 1 / (1 + Math.exp(2.5)) },
    ]);
  });

  it("answers without numbers, and says why, while no model could be loaded", async () => {
    const { post, metrics } = createEdge({ model: "store_unreachable" });
    const response = await post("/v1/predictions/ad-click", { features: {}, candidates });
    expect([response.status, parse(PredictionResponse, await response.json())]).toEqual([
      200,
      {
        task: "ad-click",
        modelVersion: null,
        fallback: "no_model",
        predictions: [
          { id: "first", logit: null, probability: null },
          { logit: null, probability: null },
        ],
      },
    ]);
    expect(metrics.render()).toContain('selvedge_fallbacks_total{reason="no_model"} 1');
  });

  it.each(["purchase", "catalog", "Not%20a%20name", "..%2Fstable"])("does not know the task %s", async (task) => {
    const response = await createEdge().post(`/v1/predictions/${task}`, { features: {} });
    expect(await problemOf(response)).toMatchObject({ status: 404, code: "task_unknown", path: "task" });
  });

  it("refuses to predict something else than was asked", async () => {
    const response = await createEdge().post("/v1/predictions/ad-click", { features: { creativeId: "c2" } });
    expect(await problemOf(response)).toMatchObject({ status: 422, code: "candidates_required", path: "candidates" });
    const { encoder } = MODEL.value;
    const model = { ...MODEL.value, encoder: { ...encoder, candidate: { fieldCount: 0, encode: () => undefined } } };
    const other = await createEdge({ model }).post("/v1/predictions/ad-click", { features: {}, candidates });
    expect(await problemOf(other)).toMatchObject({ status: 422, code: "candidates_unexpected", path: "candidates" });
  });

  it("answers without numbers where the model gives none", async () => {
    const noScores = () => ({ logits: Float32Array.of(Number.NaN, 1), probabilities: Float64Array.of(Number.NaN, 1) });
    const noDraws = () => expect.fail("nobody asked for draws");
    const scorer = { drawCount: 0, score: noScores, scoreCached: noScores, scoreDraws: noDraws, scoreDrawsCached: noDraws };
    const model = { ...MODEL.value, scorer };
    const response = await createEdge({ model }).post("/v1/predictions/ad-click", { features: {}, candidates });
    expect(await response.json()).toMatchObject({ fallback: "score_failed", modelVersion: MODEL.version });
  });
});
