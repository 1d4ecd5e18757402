// npm run bench -- training: samples a second of DeepFM 400-400-400 in batches of 4,096, ours beside stock tfjs on the same backend.
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { type Compared, compare } from "./measure.ts";

const PLANS = {
  small: { rounds: 5, ourSteps: 10, peerSteps: 2 },
  large: { rounds: 5, ourSteps: 8, peerSteps: 1 },
} as const;

export const training: Benchmark = {
  summary: "samples a second in training, against stock tfjs on wasm with the one kernel that it lacks",
  async run({ quick, progress }) {
    const compared: Compared[] = [];
    for (const shape of ["small", "large"] as const) {
      progress(`${shape}: ours and stock tfjs wasm, in turns`);
      compared.push(await compare(shape, "./tfjs-wasm.ts", { ...PLANS[shape], ...(quick && { rounds: 1 }) }));
    }
    const by = (read: (one: Compared) => unknown) => Object.fromEntries(compared.map((one) => [one.shape, read(one)]));
    const result = {
      machine: describeMachine(),
      ratio: by(({ ratio }) => ({ tfjsWasm: ratio })),
      samplesPerSecond: by(({ ours }) => ours),
      peers: by(({ peer }) => ({ tfjsWasm: peer })),
      lossDifference: by(({ lossDifference }) => lossDifference),
    };
    return { result, text: describe(compared) };
  },
};

function describe(compared: readonly Compared[]): string {
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  return formatTable([
    ["samples a second", "ours, wasm", "stock tfjs, wasm", "ratio"],
    ...compared.map(({ shape, ours, peer, ratio }) => [shape, whole(ours), whole(peer), ratio.toFixed(1)]),
  ]);
}
