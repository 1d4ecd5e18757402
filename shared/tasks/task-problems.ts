// Where the parts of a task do not fit each other.
import * as v from "valibot";
import { type Family, HistoryFamily, JointFamily, RetrievalFamily } from "./family.ts";
import type { TaskParts } from "./task-parts.ts";

interface TaskProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function findTaskProblems(task: TaskParts): TaskProblem[] {
  return [...findFieldProblems(task), ...findHistoryProblems(task), ...findThroughProblems(task), ...findItemProblems(task)];
}

function findFieldProblems({ fields, label }: TaskParts): TaskProblem[] {
  const seen = new Set<string>();
  return fields.flatMap((field, index) => {
    const problem = (key: string, message: string): TaskProblem => ({ path: ["fields", index, key], message });
    const problems: TaskProblem[] = [];
    if (seen.has(field.name)) problems.push(problem("name", `field "${field.name}" is declared twice`));
    else if (field.name === label) problems.push(problem("name", `the label "${label}" cannot be a field`));
    seen.add(field.name);
    if (field.kind === "numeric" && field.transform === "quantile" && field.input === "value") {
      problems.push(problem("input", "quantile buckets are looked up, they have no value: leave input out"));
    }
    if (field.kind !== "statistic") return problems;
    const counted = field.of.map((name) => fields.find((other) => other.name === name && other.kind !== "statistic"));
    if (counted.includes(undefined)) {
      problems.push(problem("of", "of names fields of the task, which are not statistics themselves"));
    } else if (field.from === "context" && counted.some((other) => other?.from === "candidate")) {
      problems.push(problem("from", 'counts values of a candidate: it is from "candidate"'));
    }
    return problems;
  });
}

/** The families that a task names, the model's own and its teachers', with their paths. */
function namedFamilies({ model, teachers = [] }: TaskParts): { readonly family: Family; readonly path: (string | number)[] }[] {
  return [
    { family: model.family, path: ["model", "family"] },
    ...teachers.map(({ model: { family } }, index) => ({ family, path: ["teachers", index, "model", "family"] })),
  ];
}

/** Of a task whose families read histories: that there is one. */
function findHistoryProblems(task: TaskParts): TaskProblem[] {
  if (task.fields.some(({ kind }) => kind === "sequence")) return [];
  return namedFamilies(task)
    .filter(({ family }) => v.is(HistoryFamily, family))
    .map(({ family, path }) => ({
      path,
      message: `${family} reads histories in order: give the task a field of the kind "sequence", or take another family`,
    }));
}

/** The step on the way to the label: whether it is one, and where a family needs it. */
function findThroughProblems(task: TaskParts): TaskProblem[] {
  const { label, through, fields } = task;
  if (through === undefined) {
    return namedFamilies(task)
      .filter(({ family }) => v.is(JointFamily, family))
      .map(({ family, path }) => ({
        path,
        message: `${family} learns the step on the way to the label too: name its column under "through"`,
      }));
  }
  if (through === label) return [{ path: ["through"], message: `"${label}" is the label itself: name the step before it` }];
  const index = fields.findIndex(({ name }) => name === through);
  const message = `the step "${through}" is known only after the fact: it cannot be a field`;
  return index < 0 ? [] : [{ path: ["fields", index, "name"], message }];
}

/** Of a task that retrieves: its items, and that nothing about them depends on the context. */
function findItemProblems({ fields, model: { family, itemField } }: TaskParts): TaskProblem[] {
  if (!v.is(RetrievalFamily, family)) return [];
  const problems: TaskProblem[] = [];
  const field = fields.find(({ name }) => name === itemField);
  if (field?.from !== "candidate" || field.kind !== "categorical" || "hashSpace" in field.ids) {
    const message = `${family} needs the items' ids: name a categorical field of the candidate's, with a vocabulary`;
    problems.push({ path: ["model", "itemField"], message });
  }
  if (!fields.some(({ from }) => from === "context")) {
    problems.push({ path: ["fields"], message: `${family} needs a field of the context's, to tell whom the items are for` });
  }
  fields.forEach((other, index) => {
    if (other.kind !== "statistic" || other.from === "context") return;
    if (other.of.every((name) => fields.find((counted) => counted.name === name)?.from === "candidate")) return;
    const message = `${family} computes the items before it knows the context: count values of the candidate alone`;
    problems.push({ path: ["fields", index, "of"], message });
  });
  return problems;
}
