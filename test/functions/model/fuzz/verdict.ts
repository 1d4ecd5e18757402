// What may come of a damaged artifact: a refusal with a code that we know, or a model that scores exactly as the reference says.
import { scoreCandidates } from "../../../../functions/decision/scoring.ts";
import { buildEdgeModel, type EdgeModel } from "../../../../functions/model/model.ts";
import { readSafetensors } from "../../../../shared/artifact/safetensors.ts";
import { type Bags, BagWriter } from "../../../../shared/features/bags.ts";
import type { RawRecord, SideEncoder } from "../../../../shared/features/encode.ts";
import { CodedError } from "../../../../shared/schemas/coded-error.ts";
import plain from "../../../../shared/scoring/kernel/scorer.wasm";
import relaxed from "../../../../shared/scoring/kernel/scorer-relaxed.wasm";
import { createKernelRetriever } from "../../../../shared/scoring/kernel-retriever.ts";
import { createKernelScorer } from "../../../../shared/scoring/kernel-scorer.ts";
import { createReferenceScorer } from "../../../../shared/scoring/reference.ts";
import { createReferenceRetriever } from "../../../../shared/scoring/retrieval-reference.ts";
import type { Scores, ServedModel } from "../../../../shared/scoring/scorer.ts";
import { type Artifact, TASK } from "./artifacts.ts";

/** Every code that building a model may fail with. `out_of_memory` is none: what is damaged must not get as far as asking. */
const REFUSALS = ["manifest_version_unknown", "manifest_misplaced", "safetensors_malformed", "model_invalid"];

/** A problem that a schema finds has a code of the schema's, and the path of the field. */
const isRefusal = ({ code, path }: CodedError) =>
  REFUSALS.includes(code) || (code !== "out_of_memory" && /^manifest\b/.test(path));

/** `not finite`: it scores, as the reference does, a usual example beyond all numbers; `scoreCandidates` then answers nothing. */
export type Verdict = "refused" | "finite" | "not finite";

interface Scene {
  readonly context: RawRecord;
  readonly candidates: readonly RawRecord[];
}

const USUAL: Scene = {
  context: { colour: "blue", age: 41, hour: 7, title: "A fine day, a fine night" },
  candidates: [{ tags: ["red", "grey"], seen: "a|b|c", shape: [0.5, -2], price: 12 }, { tags: { blue: 0.5 } }],
};
/** Missing, ill-typed, and as large as f32 holds. */
const ODD: Scene = {
  context: { colour: [], age: "1e38", hour: -1e300, title: { x: 1 }, tags: "red" },
  candidates: [{ tags: { blue: 1e-45, green: -3e38 }, seen: [], shape: [3e38, 1e-45], price: null }],
};

/** Throws an `Error` that says what was neither. */
export async function judge({ manifest, weights }: Artifact): Promise<Verdict> {
  let model: EdgeModel;
  try {
    model = await buildEdgeModel(plain, TASK, manifest, async () => weights);
  } catch (error) {
    if (error instanceof CodedError && isRefusal(error)) return "refused";
    throw new Error(`not refused but failed: ${error}`, { cause: error });
  }
  return scoreAll(model, weights);
}

function scoreAll(model: EdgeModel, weights: Uint8Array): Verdict {
  const { encoder, scorer, manifest } = model;
  const served = { ...manifest, tensors: readSafetensors(weights) };
  const reference = createReferenceScorer(served, manifest.calibration);
  const faster = createKernelScorer(relaxed, served, manifest.calibration);
  const scorers = [["plain", scorer] as const, ["relaxed", faster] as const];
  let usual = false;
  for (const scene of [ODD, USUAL]) {
    const context = bagsOf(encoder.context, [scene.context]);
    const candidates = bagsOf(encoder.candidate, scene.candidates);
    const expected = reference.score(context, candidates);
    for (const [name, one] of scorers) {
      requireEqual(name, one.score(context, candidates), expected);
      if (encoder.candidate.fieldCount === 0) continue;
      const encode = (key: RawRecord, into: BagWriter) => encoder.candidate.encode(key, into);
      requireEqual(`${name}, kept`, one.scoreCached(context, scene.candidates, encode), expected);
    }
    usual = requireServed(model, scene, expected);
    if (manifest.architecture.retrieval) requireEqualRetrieval(served, context);
  }
  return usual ? "finite" : "not finite";
}

function bagsOf({ fieldCount, encode }: SideEncoder, records: readonly RawRecord[]): Bags {
  const writer = new BagWriter(fieldCount);
  for (const record of records) encode(record, writer);
  return writer.view();
}

function requireEqual(what: string, found: Scores, expected: Scores): void {
  for (const part of ["logits", "probabilities"] as const) {
    const same = found[part].length === expected[part].length && found[part].every((x, i) => Object.is(x, expected[part][i]));
    if (!same) throw new Error(`${what}: ${part} are ${[...found[part]]}, the reference says ${[...expected[part]]}`);
  }
}

function requireEqualRetrieval(served: ServedModel, context: Bags): void {
  const expected = createReferenceRetriever(served);
  for (const module of [plain, relaxed]) {
    const found = createKernelRetriever(module, served);
    for (const wanted of [3, 1000]) {
      const [best, right] = [found.retrieve(context, wanted), expected.retrieve(context, wanted)];
      const same = (part: "indices" | "scores") =>
        best[part].length === right[part].length && best[part].every((x, i) => Object.is(x, right[part][i]));
      if (!same("indices") || !same("scores")) throw new Error(`retrieved ${best.indices}, the reference says ${right.indices}`);
    }
    for (let item = 0; item < found.itemCount; item++)
      if (found.idOf(item) !== expected.idOf(item)) throw new Error(`item ${item} is called ${found.idOf(item)}`);
  }
}

/** What the routes are given: those very scores where all are finite, else none. Answers whether they are. */
function requireServed(model: EdgeModel, { context, candidates }: Scene, { logits, probabilities }: Scores): boolean {
  const finite = logits.every(Number.isFinite);
  const scored = candidates.map((features) => ({ features }));
  for (const known of [false, true]) {
    const scores = scoreCandidates(model, context, scored, { known });
    const same =
      scores?.logits.length === candidates.length &&
      scores.logits.every((logit, candidate) => {
        const at = logits.length === candidates.length ? candidate : 0;
        return Object.is(logit, logits[at]) && Object.is(scores.probabilities[candidate], probabilities[at]);
      });
    if (finite ? !same : scores !== null) throw new Error(`served ${JSON.stringify(scores)} for logits of ${[...logits]}`);
  }
  return finite;
}
