// Lessons from teachers: soft targets between labels and what the ensemble says, and a student that is told them.
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadParts } from "../../../training/dataset/load.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { teach } from "../../../training/jobs/teach.ts";
import { visitRows, visitTask } from "../commands/visits-data.ts";

const teachers = [
  { model: { family: "fm", embeddingDimension: 4 }, training: { learningRate: 0.05, epochs: 6 }, seeds: 2 },
  { model: { family: "mlp", embeddingDimension: 4, hidden: [8] }, training: { learningRate: 0.02, epochs: 6 } },
];
const taskWith = (distillation: object) => parse(Task, { ...visitTask(), teachers, distillation });
const source = (from: number, to: number) =>
  async function* () {
    yield* visitRows(to)
      .slice(from)
      .map((row) => ({ ...row }));
  };
const splits = await loadParts(taskWith({}), [
  { source: source(0, 600), split: "train" },
  { source: source(600, 800), split: "valid" },
  { source: source(800, 1000), split: "test" },
]);
const lessonsOf = async (distillation: object) => {
  const lessons = await teach({ task: taskWith(distillation), splits, device: "wasm", seed: 5 });
  if (!lessons) throw new Error("the task names teachers");
  return lessons;
};

describe("teach", () => {
  it("trains each teacher with each of its seeds, and measures the ensemble", async () => {
    const { members, ensemble, train } = await lessonsOf({ teacherShare: 1 });
    expect(members.map(({ family, seed }) => [family, seed])).toEqual([
      ["fm", 5],
      ["fm", 6],
      ["mlp", 5],
    ]);
    expect(ensemble.test!.auc).toBeGreaterThan(0.7);
    expect(train.targets!.every((target) => target > 0 && target < 1)).toBe(true);
    expect(train.labels).toBe(splits.train.labels);
  });

  it("mixes what they say with the labels by the share", async () => {
    const [all, half] = await Promise.all([lessonsOf({ teacherShare: 1 }), lessonsOf({ teacherShare: 0.5 })]);
    half.train.targets!.forEach((target, example) => {
      expect(target).toBeCloseTo((all.train.targets![example]! + splits.train.labels[example]!) / 2, 6);
    });
  });

  it("with folds, lets no teacher speak of an example that it learnt from", async () => {
    const flipped = { ...splits, train: { ...splits.train, labels: splits.train.labels.slice() } };
    flipped.train.labels[0] = 1 - flipped.train.labels[0]!;
    const request = { task: taskWith({ teacherShare: 1, folds: 2 }), device: "wasm", seed: 5 } as const;
    const [before, after] = [await teach({ ...request, splits }), await teach({ ...request, splits: flipped })];
    const orderOf = (lessons: typeof before, fold: 0 | 1) => {
      const own = [...lessons!.train.targets!].filter((_, example) => example % 2 === fold);
      return own.map((_, index) => index).sort((a, b) => own[a]! - own[b]! || a - b);
    };
    expect(orderOf(after, 0)).toEqual(orderOf(before, 0)); // the calibration alone, which keeps the order, may have moved
    expect(orderOf(after, 1)).not.toEqual(orderOf(before, 1));
  });
});

it("a training split on disk is refused: the reason is in the code", async () => {
  const counts = { shards: [], count: 600, positives: 300, span: null, contextFields: 1, candidateFields: 1 };
  const taught = teach({ task: taskWith({}), splits: { ...splits, train: counts }, device: "wasm", seed: 5 });
  await expect(taught).rejects.toMatchObject({ code: "split_on_disk", path: "teachers" });
});

it("a student learns from its teachers' targets, and is compared with their ensemble", async () => {
  const models = new Set<string | undefined>();
  const onProgress = ({ model }: { model?: string }) => models.add(model);
  const built = await buildModel({ task: taskWith({}), splits, device: "wasm", seed: 5, onProgress });
  const alone = await buildModel({ task: parse(Task, visitTask()), splits, device: "wasm", seed: 5 });
  expect([...models]).toEqual(["teacher 1/3, fm", "teacher 2/3, fm", "teacher 3/3, mlp", "student"]);
  expect(built.teachers!.members).toHaveLength(3);
  expect(built.metrics.served.test!.auc).toBeGreaterThan(0.7);
  expect(built.weights).not.toEqual(alone.weights);
  expect(alone.teachers).toBeNull();
});
