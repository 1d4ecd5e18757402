// The built-in tasks, and what the schema refuses.
import { describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { builtInTasks } from "../../../shared/tasks/built-in.ts";
import { purchase } from "../../../shared/tasks/purchase.ts";
import { Task } from "../../../shared/tasks/task.ts";

describe("built-in tasks", () => {
  it("are listed by their own names", () => {
    expect([...builtInTasks.keys()]).toEqual(["ad-click", "ad-conversion", "purchase"]);
    for (const [name, task] of builtInTasks) expect(parse(Task, task).name).toBe(name);
  });

  it("express the worked example: 3-10-10-1, SGD 0.01, batch 32, 100 epochs", () => {
    expect(purchase.fields.map(({ name }) => name)).toEqual(["age", "income", "timeOnSite"]);
    expect(purchase.model).toMatchObject({ family: "mlp", hidden: [10, 10] });
    expect(purchase.training).toMatchObject({ optimizer: "sgd", learningRate: 0.01, batchSize: 32, epochs: 100 });
  });
});

describe("Task", () => {
  it("refuses quantile buckets as a plain value, with the path", () => {
    const field = { kind: "numeric", name: "age", from: "context", transform: "quantile", input: "value" };
    const task = { name: "x", label: "y", fields: [field] };
    expect(() => parse(Task, task)).toThrow(expect.objectContaining({ path: "fields[0].input" }));
  });

  it.each([
    ["through", { through: "y" }],
    ["fields[0].name", { through: "age" }],
    ["model.family", { model: { family: "esmm" } }],
    ["teachers[1].model.family", { teachers: [{ model: { family: "fm" } }, { model: { family: "mmoe" } }] }],
  ])("refuses a step on the way to the label that is none, or none where a family needs it, at %s", (path, more) => {
    const task = { name: "x", label: "y", fields: [{ kind: "numeric", name: "age", from: "context" }], ...more };
    expect(() => parse(Task, task)).toThrow(expect.objectContaining({ path }));
    expect(parse(Task, { ...task, through: "clicked" }).through).toBe("clicked");
  });

  it.each([
    ["model.itemField", { model: { family: "two-tower" } }],
    ["model.itemField", { model: { family: "two-tower", itemField: "user" } }],
    ["model.itemField", { model: { family: "two-tower", itemField: "hashed" } }],
    ["fields", { fields: [{ kind: "categorical", name: "item", from: "candidate" }] }],
    ["fields[3].of", { statistic: ["user", "item"] }],
  ])("refuses items that cannot be retrieved, at %s", (path, { statistic = ["item"], ...more }: Record<string, unknown>) => {
    const fields = [
      { kind: "categorical", name: "user", from: "context" },
      { kind: "categorical", name: "item", from: "candidate" },
      { kind: "categorical", name: "hashed", from: "candidate", ids: { hashSpace: 10 } },
      { kind: "statistic", name: "rate", from: "candidate", of: statistic },
    ];
    const task = { name: "x", label: "y", fields, model: { family: "two-tower", itemField: "item" } };
    expect(() => parse(Task, { ...task, ...more })).toThrow(expect.objectContaining({ path }));
    expect(parse(Task, { ...task, fields: fields.slice(0, 3) }).model.itemField).toBe("item");
  });

  it.each([
    ["fields[1].of", { from: "candidate", of: ["age", "nothing"] }],
    ["fields[1].of", { from: "candidate", of: ["used"] }],
    ["fields[1].from", { from: "context", of: ["age", "item"] }],
  ])("refuses a statistic of what it cannot count, at %s", (path, statistic) => {
    const age = { kind: "numeric", name: "age", from: "context" };
    const item = { kind: "categorical", name: "item", from: "candidate" };
    const task = { name: "x", label: "y", fields: [age, { kind: "statistic", name: "used", ...statistic }, item] };
    expect(() => parse(Task, task)).toThrow(expect.objectContaining({ path }));
  });
});
