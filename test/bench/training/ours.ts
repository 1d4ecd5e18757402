// Our engine on one of its devices, as `npm run train` drives it.
import { type DeviceName, openDevice } from "../../../training/engine/device.ts";
import { HostLearner } from "../../../training/engine/learner.ts";
import { Random } from "../../../training/engine/random.ts";
import { ascending, BATCH_SIZE, createShape, firstExample, LEARNING_RATE, SEED } from "./shape.ts";
import { serveTrainer } from "./trainer.ts";

serveTrainer(async (name) => {
  const [device, threads] = process.argv.slice(3) as [DeviceName, string?]; // by training.ts, which forks us
  await openDevice(device, threads ? Number(threads) : undefined);
  const { task, featureMap, data } = createShape(name);
  const learner = new HostLearner(task, featureMap, new Random(SEED));
  const order = ascending(data.labels.length);
  return (step) => learner.step(data, order, firstExample(step), firstExample(step) + BATCH_SIZE, LEARNING_RATE);
});
