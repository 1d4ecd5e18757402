// The kernel in Node, where one can see what it leaves to be collected: the file that its model came from, so that tables are held once.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../../shared/artifact/safetensors.ts";
import { createKernelRetriever } from "../../../shared/scoring/kernel-retriever.ts";
import { createKernelScorer } from "../../../shared/scoring/kernel-scorer.ts";
import type { ServedModel } from "../../../shared/scoring/scorer.ts";
import { readKernelModule } from "../../../training/quantize/kernel-module.ts";
import { randomBags } from "../../shared/scoring/random-model.ts";
import { randomRetrieval } from "../../shared/scoring/random-retrieval.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void; // what the flag exposes

const NETS = { candidate: 2, linear: true, cross: 2, hidden: [8, 4] };
const model = randomRetrieval(1, { items: 100, width: 8, tower: [16], extreme: false, model: NETS });
const [context, candidates] = [randomBags(1, model, "context", 1), randomBags(2, model, "candidate", 3)];

/** What is made of a model whose tensors are views of a file, and the file's buffer, which nothing else holds. */
function makeFromFile<Made>(make: (model: ServedModel) => Made) {
  const file = writeSafetensors(model.tensors);
  return { made: make({ ...model, tensors: readSafetensors(file) }), buffer: new WeakRef(file.buffer) };
}

async function isCollected(ref: WeakRef<object>): Promise<boolean> {
  for (let turn = 0; turn < 20 && ref.deref(); turn++) {
    await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds on until the turn ends
    collectGarbage();
  }
  return ref.deref() === undefined;
}

it("a scorer does not hold the file that its model came from", async () => {
  const { made, buffer } = makeFromFile((served) => createKernelScorer(readKernelModule(), served));
  expect(await isCollected(buffer)).toBe(true);
  expect(made.score(context, candidates).logits).toHaveLength(3);
});

it("a retriever does not either", async () => {
  const { made, buffer } = makeFromFile((served) => createKernelRetriever(readKernelModule(), served));
  expect(await isCollected(buffer)).toBe(true);
  expect(made.idOf(made.retrieve(context, 1).indices[0] ?? -1)).toMatch(/^item-/);
});
