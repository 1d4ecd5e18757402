// DeepFM (Guo et al., 2017): a factorization machine and a multilayer perceptron on the same embeddings; their logits are summed.
import type { ModelSpec } from "../../shared/tasks/model-spec.ts";
import type { Random } from "../engine/random.ts";
import { pairwiseTerm } from "./fm.ts";
import { linearTerm } from "./logistic.ts";
import { createMlp } from "./mlp.ts";
import type { InputShape, Net } from "./net.ts";

export function deepfm(spec: ModelSpec, shape: InputShape, random: Random): Net {
  const deep = createMlp(spec, shape, random);
  return {
    readsX0: true,
    readsSums: true,
    terms: [linearTerm, pairwiseTerm(shape), deep.term],
    export: () => ({ fm: true, cross: null, mlp: deep.export() }),
  };
}
