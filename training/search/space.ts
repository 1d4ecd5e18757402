// The declared space of a search: which settings of a task vary, and how each trial's are drawn.
import * as v from "valibot";
import { CodedError, type Problem, parse, problemsOf } from "../../shared/schemas/coded-error.ts";
import { int, number } from "../../shared/schemas/numbers.ts";
import { record, strictObject } from "../../shared/schemas/objects.ts";
import { ServedFamily } from "../../shared/tasks/family.ts";
import { ModelSpec } from "../../shared/tasks/model-spec.ts";
import { Task } from "../../shared/tasks/task.ts";
import { TrainingSpec } from "../../shared/tasks/training-spec.ts";
import { Random } from "../engine/random.ts";

const ascends = v.check<[number, number], string>(([low, high]) => low < high, "the lower bound comes first");
const isPositive = v.check<[number, number], string>(([low]) => low > 0, "a logarithm takes bounds above 0");

/** How one setting is drawn: one of a list, between two bounds evenly or evenly in the logarithm, or an integer, bounds included. */
const Distribution = v.union(
  [
    strictObject({ choice: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(100)) }),
    strictObject({ uniform: v.pipe(v.strictTuple([number, number]), ascends) }),
    strictObject({ log: v.pipe(v.strictTuple([number, number]), ascends, isPositive) }),
    strictObject({ integer: v.pipe(v.strictTuple([int, int]), ascends) }),
  ],
  'expected one of {"choice": [...]}, {"uniform": [low, high]}, {"log": [low, high]}, {"integer": [low, high]}',
);
type Distribution = v.InferOutput<typeof Distribution>;

/** By the dotted path of the setting: `{ "training.learningRate": { "log": [0.0001, 0.1] }, "model.hidden": { "choice": [[64], [128, 64]] } }`. */
export const Space = v.pipe(
  record(v.string(), Distribution),
  v.check((space) => Object.keys(space).length > 0, "a space of nothing: name a setting"),
);
export type Space = v.InferOutput<typeof Space>;

/** A trial's settings by their paths. */
export type Parameters = Readonly<Record<string, unknown>>;

/** The number of epochs is what the search itself varies: rungs are parts of the task's own. */
const EPOCHS = "training.epochs";
const SETTINGS: readonly string[] = [
  ...Object.keys(ModelSpec.entries).map((name) => `model.${name}`),
  ...Object.keys(TrainingSpec.entries).map((name) => `training.${name}`),
].filter((path) => path !== EPOCHS);

/**
 * Throws `CodedError` with all that is wrong: what the schema says, `parameter_unknown`, `parameter_fixed`, `family_not_served`, and
 * what the task's schema says of a value, at `space.{path}.{distribution}[{place}]`.
 */
export function parseSpace(value: unknown, task: Task): Space {
  const space = parse(Space, value, "space");
  const problems = Object.entries(space).flatMap(([path, distribution]) =>
    SETTINGS.includes(path) ? refusedValues(path, distribution, task) : [refusedPath(path)],
  );
  const [first] = problems;
  if (first) throw new CodedError(first.code, first.path, first.detail, problems);
  return space;
}

function refusedPath(path: string): Problem {
  return path === EPOCHS
    ? {
        code: "parameter_fixed",
        path: `space.${path}`,
        detail: "the last rung trains for the task's training.epochs: set it there",
      }
    : { code: "parameter_unknown", path: `space.${path}`, detail: `not a setting of a task: one of ${SETTINGS.join(", ")}` };
}

function refusedValues(path: string, distribution: Distribution, task: Task): Problem[] {
  return samplesOf(distribution).flatMap(([place, value]) => {
    const at = `space.${path}.${place}`;
    const { issues = [] } = v.safeParse(Task, withValues(task, { [path]: value }));
    const problems = problemsOf(issues).map(({ code, detail }) => ({ code, path: at, detail }));
    if (path !== "model.family" || problems.length > 0 || v.is(ServedFamily, value)) return problems;
    return [{ code: "family_not_served", path: at, detail: `${value} is a teacher: a search is for a model that is served` }];
  });
}

/** Values that stand for all that can be drawn: all of a list; of a range its bounds, and a fraction where fractions are drawn. */
function samplesOf(distribution: Distribution): [place: string, value: unknown][] {
  if ("choice" in distribution) return distribution.choice.map((value, index) => [`choice[${index}]`, value]);
  const [[kind, [low, high]]] = Object.entries(distribution) as [[string, [number, number]]]; // a distribution has one key
  const bounds: [string, unknown][] = [low, high].map((bound, index) => [`${kind}[${index}]`, bound]);
  return kind === "integer" ? bounds : [...bounds, [kind, low + (high - low) / Math.PI]];
}

/** Depends on the seed, the trial, the path and its distribution alone: not on other trials, nor on the space's other settings. */
export function drawParameters(space: Space, seed: number, trial: number): Parameters {
  const random = new Random(seed).fork(`trial ${trial}`);
  return Object.fromEntries(
    Object.entries(space).map(([path, distribution]) => [path, draw(distribution, random.fork(path).uniform())]),
  );
}

/** `at` is in [0, 1). */
function draw(distribution: Distribution, at: number): unknown {
  if ("choice" in distribution) return distribution.choice[Math.floor(at * distribution.choice.length)];
  if ("integer" in distribution) {
    const [low, high] = distribution.integer;
    return low + Math.floor(at * (high - low + 1));
  }
  if ("uniform" in distribution) {
    const [low, high] = distribution.uniform;
    return low + at * (high - low);
  }
  const [low, high] = distribution.log;
  return low * (high / low) ** at;
}

/** The task with a trial's settings. */
export const applyParameters = (task: Task, parameters: Parameters): Task => parse(Task, withValues(task, parameters), "task");

function withValues(task: Task, parameters: Parameters): object {
  const section = (name: "model" | "training") => {
    const own = Object.entries(parameters).filter(([path]) => path.startsWith(`${name}.`));
    return { ...task[name], ...Object.fromEntries(own.map(([path, value]) => [path.slice(name.length + 1), value])) };
  };
  return { ...task, model: section("model"), training: section("training") };
}
