// npm run bench -- training: samples a second of DeepFM 400-400-400 in batches of 4,096, ours beside stock tfjs and TensorFlow.
import { existsSync } from "node:fs";
import type { DeviceName } from "../../../training/engine/device.ts";
import { ADDON_FILE } from "../../../training/jobs/build-addon.ts";
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { type Compared, compare } from "./measure.ts";
import type { ShapeName } from "./shape.ts";
import { findPython, forkTrainer, startTensorflow, type Trainer } from "./trainers.ts";

const ROUNDS = 5;
const OUR_STEPS = { small: 10, large: 8 };

interface Peer {
  readonly key: string;
  readonly label: string;
  /** What ours runs on beside it. */
  readonly device: DeviceName;
  readonly ourThreads: number;
  /** Steps a round, about as long as ours. */
  readonly steps: Readonly<Record<ShapeName, number>>;
  readonly start: (shape: ShapeName) => Trainer;
}

const TFJS: Peer = {
  key: "tfjsWasm",
  label: "stock tfjs, wasm",
  device: "wasm",
  ourThreads: 1,
  steps: { small: 2, large: 1 },
  start: (shape) => forkTrainer("./tfjs-wasm.ts", shape),
};

const ONE_THREAD: Peer = {
  key: "oneThread",
  label: "ours, 2 threads beside 1",
  device: "wasm",
  ourThreads: 2,
  steps: OUR_STEPS,
  start: (shape) => forkTrainer("./ours.ts", shape, "wasm", "1"),
};

const tensorflow = (python: string, threads: number, key: string, device: DeviceName = "wasm"): Peer => ({
  key,
  label: `TensorFlow, CPU, ${threads} thread${threads > 1 ? "s" : ""}`,
  device,
  ourThreads: threads,
  steps: { small: 20, large: 8 },
  start: (shape) => startTensorflow(python, shape, threads),
});

export const training: Benchmark = {
  summary: "samples a second in training, beside stock tfjs on the same backend, and TensorFlow where it is",
  async run({ quick, progress }) {
    const python = findPython();
    const hasNode = existsSync(ADDON_FILE);
    const peers = [
      TFJS,
      ONE_THREAD,
      ...(python ? [tensorflow(python, 1, "tensorflow"), tensorflow(python, 2, "tensorflow2")] : []),
      ...(python && hasNode ? [tensorflow(python, 1, "tensorflowByNode", "node")] : []),
    ];
    const found: (Compared & { readonly shape: ShapeName; readonly peerOf: Peer })[] = [];
    for (const shape of ["small", "large"] as const) {
      for (const peer of peers) {
        progress(`${shape}: ours on ${peer.device} and ${peer.label}, in turns`);
        const plan = { rounds: quick ? 1 : ROUNDS, ourSteps: OUR_STEPS[shape], peerSteps: peer.steps[shape] };
        found.push({
          shape,
          peerOf: peer,
          ...(await compare(forkTrainer("./ours.ts", shape, peer.device, String(peer.ourThreads)), peer.start(shape), plan)),
        });
      }
    }
    const by = (read: (one: Compared) => number, shape: ShapeName) =>
      Object.fromEntries(found.filter((one) => one.shape === shape).map((one) => [one.peerOf.key, read(one)]));
    const both = (read: (one: Compared) => number) => ({ small: by(read, "small"), large: by(read, "large") });
    const leftOut = {
      ...(!python && {
        tensorflow: "pip install -r test/bench/training/requirements.txt, and name that Python in SELVEDGE_PYTHON",
      }),
      ...(!hasNode && { tensorflowByNode: "npm run devices -- --install node" }),
    };
    const result = {
      machine: describeMachine(),
      ratio: both(({ ratio }) => ratio),
      samplesPerSecond: both(({ ours }) => ours),
      peerSamplesPerSecond: both(({ peer }) => peer),
      lossDifference: both(({ lossDifference }) => lossDifference),
      leftOut,
    };
    const whole = (value: number) => Math.round(value).toLocaleString("en");
    const table = formatTable([
      ["samples a second", "on", "ours", "the peer", "ratio"],
      ...found.map(({ shape, peerOf, ours, peer, ratio }) => [
        `${shape}: ${peerOf.label}`,
        peerOf.device,
        whole(ours),
        whole(peer),
        ratio.toFixed(2),
      ]),
    ]);
    return { result, text: [table, ...Object.entries(leftOut).map(([name, how]) => `left out: ${name}: ${how}`)].join("\n\n") };
  },
};
