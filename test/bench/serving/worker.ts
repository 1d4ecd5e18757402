// The Worker of `npm run bench -- serving`: the edge's own way from raw records to probabilities, and its parts alone.
import { scoreCandidates } from "../../../functions/decision/scoring.ts";
import { kernel } from "../../../functions/model/kernel.ts";
import { buildEdgeModel, type EdgeModel } from "../../../functions/model/model.ts";
import { writeSafetensors } from "../../../shared/artifact/safetensors.ts";
import type { Engines, Runner } from "../scorer/engines/engine.ts";
import { createHandler } from "../scorer/handler.ts";
import type { ServedCase } from "./served-case.ts";

const NOTHING = new Float64Array();

const engines: Engines<ServedCase> = {
  served: { prepare: (one, count) => serve(one, count, false) },
  servedKnown: { prepare: (one, count) => serve(one, count, true) },
  encoded: {
    async prepare(one, count) {
      const [model, candidates] = [await open(one), one.candidates.slice(0, count)];
      return {
        run() {
          encode(model, one, candidates);
          return NOTHING;
        },
      };
    },
  },
  scored: {
    async prepare(one, count) {
      const model = await open(one);
      const { context, candidate } = encode(model, one, one.candidates.slice(0, count));
      return { run: () => model.scorer.score(context, candidate).probabilities };
    },
  },
};

/** Candidates that a request brings, or the catalog's own records, which are known by what they are. */
async function serve(one: ServedCase, count: number, known: boolean): Promise<Runner> {
  const [model, candidates] = [await open(one), one.candidates.slice(0, count).map((features) => ({ features }))];
  return {
    run() {
      const scores = scoreCandidates(model, one.context, candidates, { known });
      if (!scores) throw new Error(`${one.name} cannot score its request`);
      return new Float64Array(scores.probabilities);
    },
  };
}

/** As the edge does once its files have arrived and were verified. */
function open({ manifest, tensors }: ServedCase): Promise<EdgeModel> {
  return buildEdgeModel(kernel, manifest.task, manifest, async () => writeSafetensors(tensors));
}

function encode({ encoder, bags }: EdgeModel, { context }: ServedCase, candidates: ServedCase["candidates"]) {
  bags.context.clear();
  encoder.context.encode(context, bags.context);
  bags.candidate.clear();
  for (const candidate of candidates) encoder.candidate.encode(candidate, bags.candidate, context);
  return { context: bags.context.view(), candidate: bags.candidate.view() };
}

export default { fetch: createHandler(engines) };
