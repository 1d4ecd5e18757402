// Assignment: the same everywhere, uniform, independent between seeds, and stable under growing coverage.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, assignAll, BUCKET_COUNT, bucketOf } from "../../../shared/bucketing/assign.ts";
import { Experiment } from "../../../shared/catalog/experiment.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Assignment } from "../../../shared/schemas/decisions.ts";
import vectors from "../../vectors/buckets.json" with { type: "json" };

const experiment = (changes: Partial<Experiment> = {}): Experiment =>
  parse(Experiment, {
    id: "layout",
    status: "active",
    hashVersion: 1,
    seed: "layout",
    coverage: 10_000,
    arms: [
      { id: "control", weight: 5000 },
      { id: "wide", weight: 3000 },
      { id: "tall", weight: 2000 },
    ],
    ...changes,
  });

const subjects = Array.from({ length: 20_000 }, (_, index) => `visitor-${index}`);

/** Pearson's statistic against expected counts. */
const chiSquared = (counts: readonly number[], expected: readonly number[]): number =>
  counts.reduce((sum, count, i) => sum + (count - (expected[i] ?? 0)) ** 2 / (expected[i] ?? 0), 0);

function tally(values: readonly number[], size: number): number[] {
  const counts = new Array<number>(size).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe("bucketOf", () => {
  it.each(vectors)("equals mmh3 seeded by mmh3: $name", ({ input, expected }) => {
    expect(bucketOf(input.seed, input.subjectId)).toBe(expected.arm);
    expect(bucketOf(input.seed, input.subjectId, "coverage")).toBe(expected.coverage);
  });

  it("spreads consecutive ids evenly", () => {
    for (const draw of ["arm", "coverage"] as const) {
      const hundredths = subjects.map((subject) => Math.floor(bucketOf("seed", subject, draw) / 100));
      const statistic = chiSquared(tally(hundredths, 100), new Array<number>(100).fill(200));
      expect(statistic).toBeLessThan(148.2); // chi-squared, 99 degrees of freedom, p = 0.001
    }
  });

  it("tells nothing of one draw from another, nor of one seed from another", () => {
    const first = subjects.map((subject) => Math.floor(bucketOf("a", subject) / 1000));
    const others = [
      subjects.map((subject) => bucketOf("b", subject)),
      subjects.map((subject) => bucketOf("a", subject, "coverage")),
    ];
    for (const other of others) {
      const cells = other.map((bucket, index) => (first[index] ?? 0) * 10 + Math.floor(bucket / 1000));
      const statistic = chiSquared(tally(cells, 100), new Array<number>(100).fill(200));
      expect(statistic).toBeLessThan(148.2);
    }
  });
});

describe("assign", () => {
  it("gives each arm its share of the subjects", () => {
    const arms = experiment().arms.map(({ id }) => id);
    const chosen = subjects.map((subject) => arms.indexOf(assign(experiment(), subject)?.armId ?? ""));
    expect(chiSquared(tally(chosen, 3), [10_000, 6000, 4000])).toBeLessThan(13.8); // 2 degrees of freedom, p = 0.001
  });

  it("takes the covered share of the subjects", () => {
    const taken = subjects.filter((subject) => assign(experiment({ coverage: 500 }), subject) !== null).length;
    expect(Math.abs(taken - 1000)).toBeLessThan(103); // 3.3 standard deviations
  });

  it("keeps every subject in its arm while coverage grows", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(10_000), fc.nat(10_000), (subject, a, b) => {
        const before = assign(experiment({ coverage: Math.min(a, b) }), subject);
        const after = assign(experiment({ coverage: Math.max(a, b) }), subject);
        if (before !== null) expect(after).toEqual(before);
      }),
    );
  });

  it("covers everyone or no one at the ends", () => {
    expect(subjects.every((subject) => assign(experiment(), subject) !== null)).toBe(true);
    expect(subjects.some((subject) => assign(experiment({ coverage: 0 }), subject) !== null)).toBe(false);
  });

  it("assigns no one to a paused experiment, an arm of weight 0, or where all weights are 0", () => {
    expect(assign(experiment({ status: "paused" }), "a")).toBeNull();
    const arms = [
      { id: "off", weight: 0 },
      { id: "on", weight: 1 },
    ];
    expect(subjects.every((subject) => assign(experiment({ arms }), subject)?.armId === "on")).toBe(true);
    expect(assign(experiment({ arms: [{ id: "off", weight: 0 }] }), "a")).toBeNull();
  });

  it("gives a bucket that determines the arm", () => {
    for (const subject of subjects.slice(0, 1000)) {
      const assignment = parse(Assignment, assign(experiment(), subject));
      const arm = assignment.bucket < 5000 ? "control" : assignment.bucket < 8000 ? "wide" : "tall";
      expect(assignment.armId).toBe(arm);
      expect(assignment.bucket).toBeLessThan(BUCKET_COUNT);
    }
  });
});

describe("assignAll", () => {
  it("lists the experiments that take the subject, in their order", () => {
    const experiments = [experiment({ id: "a" }), experiment({ id: "b", status: "paused" }), experiment({ id: "c" })];
    expect(assignAll(experiments, "visitor-1").map(({ experimentId }) => experimentId)).toEqual(["a", "c"]);
  });
});
