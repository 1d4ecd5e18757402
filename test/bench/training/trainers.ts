// The trainers that are compared, each started in a process of its own.
import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BATCH_SIZE, createShape, EMBEDDING_DIMENSION, initialValues, LEARNING_RATE, type ShapeName } from "./shape.ts";
import type { Answer } from "./trainer.ts";

export interface Trainer {
  ask(steps: number): Promise<Answer>;
  stop(): void;
}

/** So that TensorFlow in Node takes one thread, as its peer does in Python. */
const ONE_THREAD = { TF_NUM_INTRAOP_THREADS: "1", TF_NUM_INTEROP_THREADS: "1" };

/** A module of this folder that calls `serveTrainer`. */
export function forkTrainer(file: string, shape: ShapeName, ...args: readonly string[]): Trainer {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [shape, ...args], { env: { ...process.env, ...ONE_THREAD } });
  const gone = once(child, "exit").then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`)));
  gone.catch(() => {}); // told to whoever asks
  return {
    async ask(steps) {
      child.send(steps);
      const [answer] = (await Promise.race([once(child, "message"), gone])) as [Answer]; // trainer.ts sends nothing else
      return answer;
    },
    stop: () => void child.kill(),
  };
}

/** Where TensorFlow is, or null. */
export function findPython(): string | null {
  const python = process.env.SELVEDGE_PYTHON ?? "python3";
  try {
    execFileSync(python, ["-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('tensorflow') is None)"], {
      stdio: "ignore",
    });
    return python;
  } catch {
    return null; // no Python, or one without TensorFlow
  }
}

/** TensorFlow reads the same values and batches from a folder of plain binary files. */
export function startTensorflow(python: string, shapeName: ShapeName, threads: number): Trainer {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-tensorflow-"));
  const shape = createShape(shapeName);
  const { table, dense } = initialValues(shape);
  const files: Record<string, Uint8Array | Int32Array | Float32Array> = { rows: shape.rows, labels: shape.data.labels, table };
  for (const [index, { values }] of dense.entries()) files[`dense.${index}`] = values;
  for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
  const meta = {
    ...{ fields: shape.featureMap.fields.length, rows: shape.featureMap.rowCount, dimension: EMBEDDING_DIMENSION },
    ...{ batchSize: BATCH_SIZE, learningRate: LEARNING_RATE, dense: dense.map((parameter) => parameter.shape) },
  };
  writeFileSync(join(folder, "shape.json"), JSON.stringify(meta));
  const script = fileURLToPath(new URL("./tensorflow_peer.py", import.meta.url));
  const child = spawn(python, [script, folder, String(threads)], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(steps) {
      child.stdin.write(`${steps}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("TensorFlow ended");
      return JSON.parse(value) as Answer; // tensorflow_peer.py prints nothing else
    },
    stop() {
      child.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
