// Training records -> fitted feature map: vocabularies, means, boundaries. One pass, bounded in memory, deterministic.
import type { RawRecord } from "../../shared/features/encode.ts";
import type { FeatureMap, FittedField } from "../../shared/features/feature-map.ts";
import type { Field } from "../../shared/tasks/field.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { createFieldFit } from "./fit-field.ts";

/**
 * Fits a task's fields on the training split. Context fields come first, each side in the task's order; row ranges follow on
 * one another. Equal records in equal order give an equal map.
 */
export async function fitFeatureMap(
  task: Pick<Task, "fields" | "label">,
  records: AsyncIterable<RawRecord> | Iterable<RawRecord>,
): Promise<FeatureMap> {
  const fits = contextFirst(task.fields).map((field) => ({
    name: field.kind === "statistic" ? null : field.name, // null takes the whole record
    ...createFieldFit(field, task.label, `fields[${task.fields.indexOf(field)}]`),
  }));
  for await (const record of records) {
    for (const { name, observe } of fits) observe(name === null ? record : record[name]);
  }
  let rowCount = 0;
  const fields = fits.map(({ finish }): FittedField => {
    const field = finish(rowCount);
    rowCount += field.rowCount;
    return field;
  });
  return { version: 1, fields, rowCount };
}

function contextFirst(fields: readonly Field[]): Field[] {
  return [...fields.filter(({ from }) => from === "context"), ...fields.filter(({ from }) => from === "candidate")];
}
