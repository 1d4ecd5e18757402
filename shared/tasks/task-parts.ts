// What a task file holds, part by part; whether the parts fit each other is for task.ts to say.
import * as v from "valibot";
import { list } from "../schemas/lists.ts";
import { number, positiveInt } from "../schemas/numbers.ts";
import { strictObject } from "../schemas/objects.ts";
import { Field, fieldName } from "./field.ts";
import { ModelSpec } from "./model-spec.ts";
import { TaskName } from "./task-name.ts";
import { TrainingSpec } from "./training-spec.ts";

/** A model that another learns from. It is trained once for each of `seeds`, and on the task's own fields. */
const Teacher = strictObject({
  model: v.optional(ModelSpec, {}),
  training: v.optional(TrainingSpec, {}),
  seeds: v.optional(v.pipe(positiveInt, v.maxValue(20)), 1),
});
export type Teacher = v.InferOutput<typeof Teacher>;

/**
 * How the task's model learns from its teachers: its targets are `teacherShare` of what they say and the rest the label. With `folds`
 * above 1 they say it of examples that they did not learn from, which takes as many trainings more.
 */
const Distillation = strictObject({
  teacherShare: v.optional(v.pipe(number, v.gtValue(0), v.maxValue(1)), 0.5),
  folds: v.optional(v.pipe(positiveInt, v.maxValue(10)), 1),
});

export const TaskParts = strictObject({
  $schema: v.exactOptional(v.string()),
  name: TaskName,
  description: v.exactOptional(v.string()),
  label: fieldName,
  through: v.exactOptional(fieldName),
  time: v.exactOptional(fieldName),
  columns: v.exactOptional(v.pipe(v.array(fieldName), v.minLength(1))),
  fields: list(Field, 1, 500),
  model: v.optional(ModelSpec, {}),
  training: v.optional(TrainingSpec, {}),
  teachers: v.exactOptional(list(Teacher, 1, 20)),
  distillation: v.optional(Distillation, {}),
});
export type TaskParts = v.InferOutput<typeof TaskParts>;
