// Our scorer, as the Worker calls it: bags in, probabilities out.

import { calibrate } from "../../../../shared/scoring/calibration.ts";
import module from "../../../../shared/scoring/kernel/scorer.wasm";
import { createKernelScorer } from "../../../../shared/scoring/kernel-scorer.ts";
import { bagsOf } from "../sample.ts";
import { contextFieldCount, type Shape } from "../shape.ts";
import type { Engine, Runner } from "./engine.ts";

/** Given the bags of all fields of all candidates: every field is a candidate's, so that nothing is shared. */
export const oursDense: Engine = { prepare: (shape, count) => prepare(allCandidate(shape), 0, count) };

/** Given the context's bags once and the candidates' own bags. */
export const oursContext: Engine = { prepare: (shape, count) => prepare(shape, contextFieldCount(shape), count) };

function prepare(shape: Shape, contextFields: number, count: number): Runner {
  const scorer = createKernelScorer(module, shape);
  const context = bagsOf([shape.rows[0]?.slice(0, contextFields) ?? []]);
  const candidates = bagsOf(shape.rows.slice(0, count).map((fields) => fields.slice(contextFields)));
  const probabilities = new Float32Array(count);
  return {
    run() {
      const logits = scorer.score(context, candidates);
      for (let i = 0; i < count; i++) probabilities[i] = calibrate(logits[i] as number, shape.calibration); // [count]
      return probabilities;
    },
  };
}

function allCandidate(shape: Shape): Shape {
  const fields = shape.featureMap.fields.map((field) => ({ ...field, from: "candidate" as const }));
  return { ...shape, featureMap: { ...shape.featureMap, fields } };
}
