// One policy in one market, as a process of its own: JSON in as the argument, JSON out.
import { runLearning } from "./learning.ts";
import { learningRun, type Setting } from "./setting.ts";

const setting = JSON.parse(process.argv[2] ?? "") as Setting; // written by regret.ts
process.stdout.write(`${JSON.stringify(await runLearning(learningRun(setting)))}\n`);
