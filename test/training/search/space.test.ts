// What a space may declare, how it is refused, and how its trials are drawn.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError, parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { applyParameters, drawParameters, parseSpace } from "../../../training/search/space.ts";
import { visitTask } from "../commands/visits-data.ts";

const task = parse(Task, visitTask());

describe("a space is refused", () => {
  const refusals: [string, unknown, string, string][] = [
    ["that is a list", [], "invalid_type", "space"],
    ["without settings", {}, "custom", "space"],
    [
      "with a misspelt setting",
      { "training.learningrate": { log: [0.1, 1] } },
      "parameter_unknown",
      "space.training.learningrate",
    ],
    ["over fields", { "fields.0.minCount": { integer: [1, 5] } }, "parameter_unknown", "space.fields.0.minCount"],
    ["over inherited names", { "model.constructor": { choice: [1] } }, "parameter_unknown", "space.model.constructor"],
    ["over the epochs", { "training.epochs": { integer: [1, 5] } }, "parameter_fixed", "space.training.epochs"],
    ["with an unknown distribution", { "model.dropout": { normal: [0, 1] } }, "invalid_union", "space.model.dropout"],
    ["with two distributions", { "model.dropout": { uniform: [0, 0.1], log: [0.1, 1] } }, "invalid_union", "space.model.dropout"],
    ["with bounds the wrong way round", { "model.dropout": { uniform: [0.5, 0] } }, "custom", "space.model.dropout.uniform"],
    ["with the logarithm of 0", { "training.learningRate": { log: [0, 1] } }, "custom", "space.training.learningRate.log"],
    ["with three bounds", { "model.dropout": { uniform: [0, 0.1, 0.2] } }, "invalid_union", "space.model.dropout"],
    ["with nothing to choose", { "model.family": { choice: [] } }, "too_small", "space.model.family.choice"],
    ["with a value that no task takes", { "model.dropout": { choice: [0, 1] } }, "too_big", "space.model.dropout.choice[1]"],
    ["with a bound that no task takes", { "model.dropout": { uniform: [0, 1.5] } }, "too_big", "space.model.dropout.uniform[1]"],
    [
      "with fractions of whole numbers",
      { "model.embeddingDimension": { uniform: [4, 16] } },
      "invalid_type",
      "space.model.embeddingDimension.uniform",
    ],
    [
      "with a family that is not served",
      { "model.family": { choice: ["fm", "auto-int"] } },
      "family_not_served",
      "space.model.family.choice[1]",
    ],
  ];

  it.each(refusals)("%s", (_, value, code, path) => {
    expect(() => parseSpace(value, task)).toThrow(expect.objectContaining({ code, path }));
  });

  it("with all that is wrong at once", () => {
    const value = { "model.dropout": { choice: [2, 3] }, "model.nothing": { choice: [1] } };
    expect(() => parseSpace(value, task)).toThrow(
      expect.objectContaining({
        problems: [expect.anything(), expect.anything(), expect.objectContaining({ code: "parameter_unknown" })],
      }),
    );
  });

  it("or understood, whatever it is: never a crash", () => {
    const name = fc.oneof(
      fc.constantFrom("model.dropout", "model.hidden", "training.learningRate", "training.epochs", "__proto__"),
      fc.string(),
    );
    const distribution = fc.oneof(
      fc.dictionary(
        fc.constantFrom("choice", "uniform", "log", "integer", "constructor"),
        fc.array(fc.oneof(fc.double(), fc.nat(), fc.jsonValue())),
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(name, distribution), fc.jsonValue()), fc.nat(), (value, trial) => {
        try {
          const space = parseSpace(value, task);
          applyParameters(task, drawParameters(space, 1, trial)); // what is understood can be trained
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("trials", () => {
  const space = parseSpace(
    {
      "training.learningRate": { log: [1e-4, 1] },
      "model.dropout": { uniform: [0.2, 0.6] },
      "model.embeddingDimension": { integer: [3, 6] },
      "model.hidden": { choice: [[], [8], [8, 4]] },
    },
    task,
  );
  const trials = Array.from({ length: 4000 }, (_, index) => drawParameters(space, 7, index + 1));
  const numbers = (path: string) => trials.map((parameters) => parameters[path] as number);
  const share = <T>(values: readonly T[], holds: (value: T) => boolean) => values.filter(holds).length / values.length;

  it("are spread evenly, or evenly in the logarithm, within their bounds", () => {
    const rates = numbers("training.learningRate");
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-4);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1);
    for (const decade of [1e-4, 1e-3, 1e-2, 1e-1]) {
      expect(share(rates, (rate) => rate >= decade && rate < 10 * decade)).toBeCloseTo(0.25, 1);
    }
    const dropouts = numbers("model.dropout");
    for (const low of [0.2, 0.3, 0.4, 0.5])
      expect(share(dropouts, (rate) => rate >= low && rate < low + 0.1)).toBeCloseTo(0.25, 1);
  });

  it("take every integer and every choice as often, both bounds included", () => {
    for (const dimension of [3, 4, 5, 6]) {
      expect(share(numbers("model.embeddingDimension"), (value) => value === dimension)).toBeCloseTo(0.25, 1);
    }
    const lengths = trials.map((parameters) => (parameters["model.hidden"] as number[]).length);
    for (const length of [0, 1, 2]) expect(share(lengths, (value) => value === length)).toBeCloseTo(1 / 3, 1);
  });

  it("draw their settings independently of each other", () => {
    const high = trials.filter((parameters) => (parameters["training.learningRate"] as number) > 1e-2);
    expect(share(high, (parameters) => (parameters["model.dropout"] as number) > 0.4)).toBeCloseTo(0.5, 1);
  });

  it("are the same for the same seed and number, whatever else the space names, and others for another seed", () => {
    const fewer = parseSpace({ "model.dropout": { uniform: [0.2, 0.6] } }, task);
    expect(drawParameters(fewer, 7, 12)["model.dropout"]).toBe(trials[11]?.["model.dropout"]);
    expect(drawParameters(space, 7, 12)).toEqual(trials[11]);
    expect(drawParameters(space, 8, 12)).not.toEqual(trials[11]);
  });

  it("change their settings of the task and nothing else", () => {
    const parameters = { "training.learningRate": 0.5, "model.hidden": [8, 4] };
    expect(applyParameters(task, parameters)).toEqual({
      ...task,
      model: { ...task.model, hidden: [8, 4] },
      training: { ...task.training, learningRate: 0.5 },
    });
  });
});
