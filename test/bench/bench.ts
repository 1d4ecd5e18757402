// npm run bench -- NAME [--json] [--quick] [--only PART] [--device NAME]: the benchmarks by name. What they measure is comparable within one run only.
import { parseArgs } from "node:util";
import type { DeviceChoice } from "../../training/engine/device.ts";
import type { Benchmark } from "./benchmark.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  scorer: async () => (await import("./scorer/scorer.ts")).scorer,
  serving: async () => (await import("./serving/serving.ts")).serving,
  bundle: async () => (await import("./bundle/bundle.ts")).bundle,
  decision: async () => (await import("./decision/decision.ts")).decision,
  quantization: async () => (await import("./quantization/quantization.ts")).quantization,
  quality: async () => (await import("./quality/quality.ts")).quality,
  training: async () => (await import("./training/training.ts")).training,
  regret: async () => (await import("./regret/regret.ts")).regret,
  "training-gpu": async () => (await import("./training/gpu.ts")).trainingGpu,
};

const { values, positionals } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    device: { type: "string", default: "wasm" },
  },
  allowPositionals: true,
});
const [name] = positionals;
const benchmark = await BENCHMARKS[name ?? ""]?.();
if (benchmark === undefined) {
  console.log("npm run bench -- NAME [--json] [--quick] [--only PART] [--device NAME]\n");
  for (const [known, loadOne] of Object.entries(BENCHMARKS)) console.log(`  ${known.padEnd(14)}${(await loadOne()).summary}`);
  if (name !== undefined) {
    console.error(`\nno benchmark ${name}`);
    process.exitCode = 1;
  }
} else if (values.only !== undefined && !benchmark.parts?.includes(values.only)) {
  console.error(
    `${name} has no part "${values.only}": ${benchmark.parts ? `give one of ${benchmark.parts.join(", ")}` : "it runs whole"}`,
  );
  process.exitCode = 1;
} else {
  const { json: _, device, ...options } = values;
  const progress = (line: string) => console.error(line);
  const { result, text } = await benchmark.run({ ...options, device: device as DeviceChoice, progress }); // refused where it is opened
  console.log(values.json ? JSON.stringify({ benchmark: name, ...result }, null, 2) : text);
}
