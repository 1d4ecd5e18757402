// The columns that a task needs, and whether data have them.
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";

/** A column of the data, and where the task names it. */
export interface NeededColumn {
  readonly name: string;
  readonly path: string;
}

const MAX_LISTED = 50;

/** Label, the step on the way to it, time and fields, each once; a statistic has no column of its own. */
export function neededColumns({
  label,
  through,
  time,
  fields,
}: Pick<Task, "label" | "through" | "time" | "fields">): NeededColumn[] {
  const needed = new Map([[label, "label"]]);
  if (through !== undefined) needed.set(through, "through");
  if (time !== undefined && !needed.has(time)) needed.set(time, "time");
  fields.forEach(({ kind, name }, index) => {
    if (kind !== "statistic" && !needed.has(name)) needed.set(name, `fields[${index}].name`);
  });
  return [...needed].map(([name, path]) => ({ name, path }));
}

/** Throws `field_missing_in_data` for every needed column that is not among the available ones. */
export function refuseMissing(missing: readonly NeededColumn[], available: readonly string[], file: string): void {
  const first = missing[0];
  if (first === undefined) return;
  const listed = available.slice(0, MAX_LISTED).join(", ") + (available.length > MAX_LISTED ? ", ..." : "");
  const problems = missing.map(({ name, path }) => ({
    code: "field_missing_in_data",
    path,
    detail: `${file} has no column "${name}"; it has ${listed}`,
  }));
  throw new CodedError("field_missing_in_data", first.path, problems[0]?.detail ?? "", problems);
}
