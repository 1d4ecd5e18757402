// Lessons from teachers: soft targets between labels and what the ensemble says, and a student that is told them.
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadParts } from "../../../training/dataset/load.ts";
import { Random } from "../../../training/engine/random.ts";
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

  it("lets trees speak beside nets", async () => {
    const trees = { model: { family: "trees", leaves: 6 }, training: { learningRate: 0.1, epochs: 80, patience: 20 } };
    const task = parse(Task, { ...visitTask(), teachers: [trees, teachers[1]] });
    const models = new Set<string | undefined>();
    const onProgress = ({ model }: { model?: string }) => models.add(model);
    const { members, ensemble } = (await teach({ task, splits, device: "wasm", seed: 5, onProgress }))!;
    expect([...models]).toEqual(["teacher 1/2, trees", "teacher 2/2, mlp"]);
    expect(members[0]!.metrics.test!.auc).toBeGreaterThan(0.7);
    expect(ensemble.valid.logloss).toBeLessThan(Math.max(...members.map(({ metrics }) => metrics.valid.logloss)));
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
  const onDisk = { shards: [], labels: splits.train.labels, span: null, contextFields: 1, candidateFields: 1 };
  const taught = teach({ task: taskWith({}), splits: { ...splits, train: onDisk }, device: "wasm", seed: 5 });
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

describe("a teacher of two labels", () => {
  const task = parse(Task, {
    ...visitTask(),
    through: "looked",
    teachers: [
      {
        model: { family: "esmm", embeddingDimension: 4, hidden: [8] },
        training: { learningRate: 0.02, batchSize: 64, epochs: 20 },
      },
      { model: { family: "fm", embeddingDimension: 4 }, training: { learningRate: 0.05, epochs: 6 } },
    ],
  });
  const rows = visitRows(1000).map((row, index) => ({ ...row, looked: row.clicked === 1 || index % 3 === 0 ? 1 : 0 }));
  const part = (from: number, to: number) =>
    async function* () {
      yield* rows.slice(from, to);
    };

  it("is measured at the second half of the way too, and teaches a student that is served", async () => {
    const own = await loadParts(task, [
      { source: part(0, 700), split: "train" },
      { source: part(700, 1000), split: "valid" },
    ]);
    const built = await buildModel({ task, splits: own, device: "wasm", seed: 5 });
    const [esmm, fm] = built.teachers!.members;
    const lookers = own.valid.through!.reduce((sum, passed) => sum + passed, 0);
    expect(lookers).toBeLessThan(300);
    expect(esmm!.afterThrough!.valid).toMatchObject({ examples: lookers });
    expect(esmm!.afterThrough!.valid.auc).toBeGreaterThan(0.6);
    expect([esmm!.afterThrough!.test, fm!.afterThrough]).toEqual([null, null]);
    expect(built.metrics.served.valid.auc).toBeGreaterThan(0.7);
  });
});

it("a transformer that reads histories in order teaches a student that is served, which sees but their mean", async () => {
  const random = new Random(1);
  const rows = Array.from({ length: 2000 }, () => {
    const history = [...random.shuffle(Int32Array.of(0, 1, 2 + (random.uint32() % 4)))];
    const item = random.uint32() % 6;
    const logit = (history.indexOf(0) < history.indexOf(1) ? 2 : -2) + (item < 3 ? 2 : -2); // what came first, and the item itself
    return { history, item, clicked: random.uniform() < 1 / (1 + Math.exp(-logit)) ? 1 : 0 };
  });
  const task = parse(Task, {
    name: "order",
    label: "clicked",
    fields: [
      { kind: "sequence", name: "history", from: "context", maxLength: 3 },
      { kind: "categorical", name: "item", from: "candidate" },
    ],
    model: { embeddingDimension: 8, hidden: [16] },
    training: { learningRate: 0.02, batchSize: 64, epochs: 8 },
    teachers: [
      {
        model: { family: "transformer", embeddingDimension: 8, attentionLayers: 1, attentionDimension: 4, hidden: [16] },
        training: { learningRate: 0.01, batchSize: 64, epochs: 8 },
      },
    ],
  });
  const part = (from: number, to: number) =>
    async function* () {
      yield* rows.slice(from, to);
    };
  const own = await loadParts(task, [
    { source: part(0, 1400), split: "train" },
    { source: part(1400, 1700), split: "valid" },
    { source: part(1700, 2000), split: "test" },
  ]);
  const { teachers: taught, metrics, manifest } = await buildModel({ task, splits: own, device: "wasm", seed: 5 });
  const [ofTeacher, ofStudent] = [taught!.members[0]!.metrics.test!.auc!, metrics.served.test!.auc!];
  expect(manifest.family).toBe("deepfm");
  expect(ofTeacher).toBeGreaterThan(0.8);
  expect(ofStudent).toBeGreaterThan(0.7); // the item alone
  expect(ofStudent).toBeLessThan(ofTeacher - 0.05);
});
