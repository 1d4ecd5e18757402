// What a task is: one small file that names its fields, its label and its model. Everything else follows from it.
import * as v from "valibot";
import { TaskParts } from "./task-parts.ts";
import { findTaskProblems } from "./task-problems.ts";

/**
 * A task. `label` names the column that holds 0 or 1; `time`, when given, the column by which a single data file is split
 * (train before validation before test); `columns` names the columns of files without a header. `through`, when given, names a
 * column of 0 and 1 too, the step on the way to the label: without it there is no 1. With the label `converted` through `clicked`, a
 * model over all impressions learns from clicks also where conversions are few (see `JointFamily`).
 *
 * @example
 * parse(Task, { name: "purchase", label: "bought", fields: [
 *   { kind: "numeric", name: "age", from: "context" } ] });
 */
export const Task = v.pipe(
  TaskParts,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const input = dataset.value;
    const step = (key: string | number): v.IssuePathItem => ({ type: "unknown", origin: "value", input, key, value: undefined });
    for (const { path, message } of findTaskProblems(input)) {
      addIssue({ message, path: path.map(step) as [v.IssuePathItem, ...v.IssuePathItem[]] }); // no path is empty
    }
  }),
);
export type Task = v.InferOutput<typeof Task>;
