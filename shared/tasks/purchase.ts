// Will this visitor buy? The small worked example: three numbers, and a 3-10-10-1 network.
import { parse } from "../schemas/coded-error.ts";
import { Task } from "./task.ts";

const number = (name: string) => ({ kind: "numeric", name, from: "context", input: "value", missing: "mean" });

/** Age in years, yearly income and time on the site in minutes -> bought (0 or 1). */
export const purchase: Task = parse(Task, {
  name: "purchase",
  description: "Purchase propensity of a visitor",
  label: "bought",
  fields: [number("age"), number("income"), number("timeOnSite")],
  model: { family: "mlp", hidden: [10, 10] },
  training: { optimizer: "sgd", learningRate: 0.01, batchSize: 32, epochs: 100, patience: 100 },
});
