// The table that ends a training run.
import { expect, it } from "vitest";
import { formatMetrics } from "../../../training/commands/train-summary.ts";

const metrics = (auc: number | null) => ({ auc, prAuc: auc, logloss: 0.15, ece: 0.001, examples: 28_860 });

it("lines up a row for each model and split, with a dash where there is no number", () => {
  const run = {
    float: { valid: metrics(0.98412345), test: null },
    served: { valid: metrics(null), test: metrics(0.984) },
    quantization: { valid: { auc: null, logloss: 0.00012 }, test: { auc: -0.000007, logloss: -0.0000004 } },
    teaching: null,
    recall: null,
    segments: [],
    importance: { fields: [], examples: 0 },
    samplesPerSecond: 12_800.4,
    trainSeconds: 60,
    wallSeconds: 71.26,
  };
  expect(formatMetrics(run).split("\n")).toEqual([
    "model        split  examples      AUC   PR AUC  logloss      ECE",
    "float        valid    28,860  0.98412  0.98412  0.15000  0.00100",
    "served int8  valid    28,860        -        -  0.15000  0.00100",
    "served int8  test     28,860  0.98400  0.98400  0.15000  0.00100",
    "int8 against float: valid AUC -, logloss +0.000120; test AUC -0.000007, logloss -0.000000",
    "12,800 samples/s, 71.3 s in all",
  ]);
});

it("shows teachers, their ensemble, and what the student loses against it", () => {
  const split = { valid: metrics(0.98), test: null };
  const change = { valid: { auc: -0.0001, logloss: 0.002 }, test: null };
  const members = [
    { family: "fm", seed: 3, metrics: split, afterThrough: null },
    { family: "esmm", seed: 3, metrics: split, afterThrough: split },
  ] as const;
  const teaching = { ensemble: split, members, student: change } as const;
  const shares = (valid: number) => ({ valid, test: null });
  const recall = { retrieved: 40, served: shares(0.5), popular: shares(0.25) };
  const rest = {
    recall,
    samplesPerSecond: 1,
    trainSeconds: 1,
    wallSeconds: 1,
    segments: [],
    importance: { fields: [], examples: 0 },
  };
  const text = formatMetrics({ float: split, served: split, quantization: change, teaching, ...rest });
  expect(text).toMatch(
    /^teacher fm 3 +valid .*\nteacher esmm 3 +valid .*\nteacher esmm 3, after the step +valid .*\nensemble +valid /m,
  );
  expect(text).toContain("recall of the best 40: valid 0.5000, the most popular items 0.2500\n");
  expect(text).toContain("served student against the ensemble: valid AUC -0.000100, logloss +0.002000");
});
