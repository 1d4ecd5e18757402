// One field's fit: sees every training value of it, then says which rows the field owns.
import type { FittedField } from "../../shared/features/feature-map.ts";
import { HASH_VERSION } from "../../shared/features/hash.ts";
import { idRowCount } from "../../shared/features/ids.ts";
import { readId, selectFirst, selectLast } from "../../shared/features/values.ts";
import type { Field } from "../../shared/tasks/field.ts";
import type { FieldFit, FieldOf } from "./field-fit.ts";
import { createNumericFit, createQuantileFit } from "./fit-numeric.ts";
import { createStatisticFit } from "./fit-statistic.ts";
import { createVocabularyFit } from "./vocabulary.ts";

/** @param path of the field in the task, for errors */
export function createFieldFit(field: Field, label: string, path: string): FieldFit {
  switch (field.kind) {
    case "categorical":
    case "multi":
    case "sequence":
      return createIdsFit(field, `${path}.ids`);
    case "numeric":
      return field.transform === "quantile" ? createQuantileFit(field) : createNumericFit(field, field.transform);
    case "statistic":
      return createStatisticFit(field, label, path);
    case "text":
    case "vector":
      return { observe: () => {}, finish: (firstRow) => fitWithoutData(field, firstRow) };
  }
}

type IdsField = FieldOf<"categorical" | "multi" | "sequence">;

function createIdsFit(field: IdsField, path: string): FieldFit {
  const fit = createVocabularyFit(field.ids, path);
  return {
    observe(value) {
      for (const element of elementsOf(field, value)) {
        const id = readId(element);
        if (id !== null) fit.observe(id);
      }
    },
    finish(firstRow) {
      const ids = fit.finish();
      return { ...field, ids, firstRow, rowCount: idRowCount(ids) };
    },
  };
}

/** What the encoder will see of the value. */
function elementsOf(field: IdsField, value: unknown): readonly unknown[] {
  if (field.kind === "categorical") return [value];
  const select = field.kind === "multi" ? selectFirst : selectLast;
  return select(value, field.separator, field.maxLength);
}

function fitWithoutData(field: FieldOf<"text" | "vector">, firstRow: number): FittedField {
  if (field.kind === "vector") return { ...field, firstRow, rowCount: 1 + field.dimension };
  return { ...field, hashVersion: HASH_VERSION, firstRow, rowCount: 1 + field.hashSpace };
}
