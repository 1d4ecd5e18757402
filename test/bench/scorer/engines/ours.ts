// Our scorer, as the Worker calls it: bags in, calibrated probabilities out.
import { kernel } from "../../../../functions/model/kernel.ts";
import plainKernel from "../../../../shared/scoring/kernel/scorer.wasm";
import { createKernelScorer } from "../../../../shared/scoring/kernel-scorer.ts";
import { bagsOf } from "../sample.ts";
import { contextFieldCount, type Shape } from "../shape.ts";
import type { Engine, Runner } from "./engine.ts";

/** Given the bags of all fields of all candidates: every field is a candidate's, so that nothing is shared. */
export const oursDense: Engine = { prepare: (shape, count) => prepare(kernel, allCandidate(shape), 0, count) };

/** As above, by the build for engines without relaxed SIMD. */
export const oursPlainBuild: Engine = { prepare: (shape, count) => prepare(plainKernel, allCandidate(shape), 0, count) };

/** Given the context's bags once and the candidates' own bags. */
export const oursContext: Engine = { prepare: (shape, count) => prepare(kernel, shape, contextFieldCount(shape), count) };

/** Given the context's bags once and the candidates themselves, which were scored before in another request. */
export const oursCached: Engine = {
  prepare(shape, count) {
    const { scorer, context, contextFields } = begin(kernel, shape, contextFieldCount(shape));
    const creatives = shape.rows.slice(0, count).map((fields) => ({ rows: fields.slice(contextFields) }));
    return {
      run: () =>
        scorer.scoreCached(context, creatives, ({ rows }, into) => {
          for (const row of rows) {
            into.add(row, 1);
            into.close();
          }
        }).probabilities,
    };
  },
};

function prepare(module: WebAssembly.Module, shape: Shape, contextFields: number, count: number): Runner {
  const { scorer, context } = begin(module, shape, contextFields);
  const candidates = bagsOf(shape.rows.slice(0, count).map((fields) => fields.slice(contextFields)));
  return { run: () => scorer.score(context, candidates).probabilities };
}

function begin(module: WebAssembly.Module, shape: Shape, contextFields: number) {
  const context = bagsOf([shape.rows[0]?.slice(0, contextFields) ?? []]);
  return { scorer: createKernelScorer(module, shape, shape.calibration), context, contextFields };
}

function allCandidate(shape: Shape): Shape {
  const fields = shape.featureMap.fields.map((field) => ({ ...field, from: "candidate" as const }));
  return { ...shape, featureMap: { ...shape.featureMap, fields } };
}
