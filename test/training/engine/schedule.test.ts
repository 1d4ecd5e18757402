import { expect, it } from "vitest";
import { learningRateAt } from "../../../training/engine/schedule.ts";
import { taskWith } from "./synthetic.ts";

const rates = (schedule: "constant" | "plateau" | "cosine", gainless: number[]) => {
  const { training } = taskWith({}, { schedule, learningRate: 0.1, epochs: gainless.length });
  return gainless.map((count, epoch) => Number(learningRateAt(training, epoch, count).toFixed(6)));
};

it("constant stays", () => expect(rates("constant", [0, 1, 2])).toEqual([0.1, 0.1, 0.1]));
it("plateau falls tenfold after each epoch without gain", () =>
  expect(rates("plateau", [0, 0, 1, 2])).toEqual([0.1, 0.1, 0.01, 0.001]));
it("cosine falls slowly, fast, slowly, and is never 0", () =>
  expect(rates("cosine", [0, 0, 0, 0])).toEqual([0.1, 0.085355, 0.05, 0.014645]));
