// A line of trials.ndjson is a row, or refused with its place.
import fc from "fast-check";
import { expect, it } from "vitest";
import { CodedError } from "../../../shared/schemas/coded-error.ts";
import { parseTrialRow } from "../../../training/search/trial-row.ts";

const finished = {
  status: "finished",
  trial: 3,
  rung: 1,
  epochs: 2,
  parameters: { "model.hidden": [8], "training.learningRate": 0.01 },
  valid: { logloss: 0.25, auc: null },
  seconds: 1.5,
  device: "wasm",
};
const { valid: _, ...rest } = finished;
const failed = { ...rest, status: "failed", code: "training_diverged", detail: "the loss is no longer a number" };

it("reads what was written", () => {
  expect(parseTrialRow(JSON.stringify(finished), "f:1")).toEqual(finished);
  expect(parseTrialRow(JSON.stringify(failed), "f:1")).toEqual(failed);
});

it.each([
  ["text", "nonsense", "json_malformed", "f:7"],
  ["a list", "[]", "invalid_union", "f:7.status"],
  ["a row of neither kind", JSON.stringify({ ...finished, status: "begun" }), "invalid_union", "f:7.status"],
  ["a trial 0", JSON.stringify({ ...finished, trial: 0 }), "too_small", "f:7.trial"],
  [
    "a logloss that is none",
    JSON.stringify({ ...finished, valid: { logloss: null, auc: 1 } }),
    "invalid_type",
    "f:7.valid.logloss",
  ],
  ["a failure without its code", JSON.stringify({ ...failed, code: undefined }), "invalid_type", "f:7.code"],
])("refuses %s", (_, line, code, path) => {
  expect(() => parseTrialRow(line, "f:7")).toThrow(expect.objectContaining({ code, path }));
});

it("refuses every cut or damaged line that it does not understand by a code", () => {
  const lines = [finished, failed].map((row) => JSON.stringify(row));
  const damaged = fc
    .tuple(fc.constantFrom(...lines), fc.nat(250), fc.nat(250), fc.string({ maxLength: 3 }))
    .map(([line, from, length, filling]) => line.slice(0, from) + filling + line.slice(from + length));
  fc.assert(
    fc.property(fc.oneof(damaged, fc.json(), fc.string()), (line) => {
      try {
        expect(["finished", "failed"]).toContain(parseTrialRow(line, "f:1").status);
      } catch (error) {
        expect(error).toBeInstanceOf(CodedError);
      }
    }),
    { numRuns: 1000 },
  );
});
