// How many trials train for how long, and which of them go on.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ETA, promote, rank, rungsOf } from "../../../training/search/halving.ts";
import type { TrialRow } from "../../../training/search/trial-row.ts";

const rungs = (trials: number, epochs: number) => rungsOf(trials, epochs).map((rung) => [rung.trialCount, rung.epochs]);

describe("rungs", () => {
  it.each([
    [
      27,
      27,
      [
        [27, 1],
        [9, 3],
        [3, 9],
        [1, 27],
      ],
    ],
    [
      27,
      16,
      [
        [27, 1],
        [9, 5],
        [3, 16],
      ],
    ],
    [
      9,
      100,
      [
        [9, 11],
        [3, 33],
        [1, 100],
      ],
    ],
    [
      243,
      243,
      [
        [243, 1],
        [81, 3],
        [27, 9],
        [9, 27],
        [3, 81],
        [1, 243],
      ],
    ],
    [2, 50, [[2, 50]]],
    [50, 2, [[50, 2]]],
    [1, 1, [[1, 1]]],
  ])("of %i trials and %i epochs", (trials, epochs, expected) => {
    expect(rungs(trials, epochs)).toEqual(expected);
  });

  it("begin with all trials, end with all epochs, and are never empty", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }), (trials, epochs) => {
        const all = rungsOf(trials, epochs);
        expect(all[0]?.trialCount).toBe(trials);
        expect(all.at(-1)?.epochs).toBe(epochs);
        for (const [index, { trialCount, epochs: budget }] of all.entries()) {
          expect(Math.min(trialCount, budget)).toBeGreaterThanOrEqual(1);
          const next = all[index + 1];
          if (!next) continue;
          expect(next.trialCount).toBe(Math.floor(trialCount / ETA));
          expect(next.epochs).toBeGreaterThanOrEqual(ETA * budget);
        }
      }),
    );
  });
});

const own = { epochs: 1, parameters: {}, seconds: 1, device: "wasm" };
const finished = (trial: number, rung: number, logloss: number): TrialRow => ({
  status: "finished",
  trial,
  rung,
  ...own,
  valid: { logloss, auc: null },
});
const failed = (trial: number, rung: number): TrialRow => ({
  status: "failed",
  trial,
  rung,
  ...own,
  code: "training_diverged",
  detail: "",
});

describe("promotion", () => {
  it("takes the lowest loglosses, the first trial of equal ones", () => {
    const rows = [finished(1, 1, 0.5), finished(2, 1, 0.2), finished(3, 1, 0.3), finished(4, 1, 0.3)];
    expect(promote(rows, 3)).toEqual([2, 3, 4]);
    expect(promote(rows.toReversed(), 2)).toEqual([2, 3]);
  });

  it("never takes a failed trial, even for want of others", () => {
    expect(promote([failed(1, 1), finished(2, 1, 9), failed(3, 1)], 2)).toEqual([2]);
    expect(promote([failed(1, 1)], 1)).toEqual([]);
  });
});

it("ranks a trial by the highest rung that it finished, then by its logloss there", () => {
  const rows = [
    finished(1, 1, 0.1),
    finished(2, 1, 0.2),
    finished(3, 1, 0.3),
    finished(2, 2, 0.4),
    finished(3, 2, 0.3),
    failed(1, 2),
    failed(4, 1),
  ];
  expect(rank(rows).map(({ trial, rung }) => [trial, rung])).toEqual([
    [3, 2],
    [2, 2],
    [1, 1],
  ]);
});
