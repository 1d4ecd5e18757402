// Which device the dense net runs on: opened by name, or the fastest that is installed and computes what it should.
import * as tf from "@tensorflow/tfjs";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { loadWasmBackend } from "../kernels/load-backend.ts";
import { registerKernels } from "../kernels/register.ts";
import { registerTensorflowKernels } from "../kernels/register-tensorflow.ts";
import { checkDevice } from "./device-check.ts";

export type DeviceName = "node-gpu" | "webgpu" | "node" | "wasm" | "cpu";
export type DeviceChoice = DeviceName | "auto";

interface Driver {
  /** tfjs's name for the backend. */
  readonly backend: string;
  /** What to install; none where `npm ci` brings it. The versions are those of package.json's peers. */
  readonly packages: readonly string[];
  /** How far the check's values may be from the reference's. */
  readonly tolerance: number;
  /** Loads what registers the backend. */
  readonly load: () => Promise<void>;
  /** Runs once the backend is tfjs's current one. */
  readonly begin?: (threads?: number) => void | Promise<void>;
}

/** Optional packages are loaded by a name that the type checker does not follow: they need not be installed. */
const load = (name: string): Promise<Record<string, unknown>> => import(name);

/** TensorFlow's warnings and errors, and not what it finds out about the processor. */
async function loadTensorflow(name: string): Promise<void> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "1";
  await load(name);
}

let dawn: unknown;

/** One instance for good: what was made from one that is collected fails, or takes the process down. */
async function loadDawn(): Promise<void> {
  if (dawn !== undefined) return;
  const { create, globals } = (await load("webgpu")) as { create(flags: string[]): unknown; globals: object }; // its documented face
  Object.assign(globalThis, globals);
  dawn = create([]);
  Object.defineProperty(globalThis.navigator, "gpu", { value: dawn, configurable: true });
}

/** f32 sums of up to 1,003 addends, in any order. Seen: 7.5e-7 (wasm), 5.2e-7 (node, cpu). */
const F32_TOLERANCE = 1e-5;

/** f32 as well, but for exponentials and quotients that WGSL lets be a few units off in the last place. Seen: 8.3e-7 (lavapipe). */
const WGSL_TOLERANCE = 5e-5;

/** cuBLAS may round a product's operands to TF32, from Ampere on. Seen with operands rounded so: 1.2e-3; to bf16, which is refused: 9.9e-3. */
const TF32_TOLERANCE = 3e-3;

/** Of the backend of tfjs-node and tfjs-node-gpu, which are one but for the library that they load. */
const runsOnGpu = (): boolean => (tf.backend() as unknown as { isUsingGpuDevice: boolean }).isUsingGpuDevice; // its own property

const DRIVERS: Readonly<Record<DeviceName, Driver>> = {
  "node-gpu": {
    backend: "tensorflow",
    packages: ["@tensorflow/tfjs-node-gpu@4.22.0"],
    tolerance: TF32_TOLERANCE,
    load: () => loadTensorflow("@tensorflow/tfjs-node-gpu"),
    begin: () => {
      if (!runsOnGpu()) throw new Error("TensorFlow sees no GPU: it takes an NVIDIA driver, CUDA 11.2 and cuDNN 8.1");
      registerTensorflowKernels();
    },
  },
  webgpu: {
    backend: "webgpu",
    packages: ["@tensorflow/tfjs-backend-webgpu@4.22.0", "webgpu@0.6.2"],
    tolerance: WGSL_TOLERANCE,
    load: async () => {
      await loadDawn();
      await load("@tensorflow/tfjs-backend-webgpu");
    },
  },
  node: {
    backend: "tensorflow",
    packages: ["@tensorflow/tfjs-node@4.22.0"],
    tolerance: F32_TOLERANCE,
    load: () => loadTensorflow("@tensorflow/tfjs-node"),
    begin: () => {
      if (runsOnGpu()) throw new Error("@tensorflow/tfjs-node-gpu is in its place");
      registerTensorflowKernels();
    },
  },
  wasm: {
    backend: "wasm",
    packages: [],
    tolerance: F32_TOLERANCE,
    load: loadWasmBackend,
    begin: registerKernels,
  },
  cpu: { backend: "cpu", packages: [], tolerance: F32_TOLERANCE, load: async () => {} },
};

export const DEVICE_NAMES = Object.keys(DRIVERS) as DeviceName[]; // the record has exactly these

/** Best first by what is usual; those that pass are timed. The plain cpu backend is for where nothing else runs. */
const AUTO_ORDER: readonly DeviceName[] = ["node-gpu", "webgpu", "node", "wasm"];

export type SkipReason = "device_unavailable" | "device_incorrect" | "device_slower" | "kernel_not_built";

/** A device that was passed over, and why. */
export interface SkippedDevice {
  readonly device: DeviceName;
  readonly reason: SkipReason;
  readonly detail: string;
}

export interface OpenDevice {
  readonly name: DeviceName;
  readonly skipped: readonly SkippedDevice[];
}

/** What the check found: milliseconds that its batch took, or why the device must not train. */
export type CheckedDevice =
  | { readonly device: DeviceName; readonly checkMs: number }
  | { readonly device: DeviceName; readonly failure: CodedError };

/**
 * Makes the device tfjs's current one, after a check of one fixed batch. `auto` takes the fastest that passes. By name, throws
 * `device_unavailable`, which says what to install, or `device_incorrect`. `threads` is for wasm, this one included: as many as there are
 * cores, or as before where the device was open; the bytes do not depend on it.
 */
export async function openDevice(choice: DeviceChoice, threads?: number): Promise<OpenDevice> {
  if (choice !== "auto") {
    await startAndCheck(choice, threads);
    return { name: choice, skipped: [] };
  }
  const checked = await checkDevices(AUTO_ORDER);
  const passed = checked.flatMap((one) => ("checkMs" in one ? [one] : [])).sort((a, b) => a.checkMs - b.checkMs);
  const name = passed[0]?.device ?? "cpu";
  await start(name, threads);
  return { name, skipped: checked.filter(({ device }) => device !== name).map((one) => skip(one, name)) };
}

/** Starts and checks one device after the other; the last that starts stays tfjs's current one. */
export async function checkDevices(names: readonly DeviceName[]): Promise<CheckedDevice[]> {
  const checked: CheckedDevice[] = [];
  for (const device of names) {
    try {
      checked.push({ device, checkMs: await startAndCheck(device) });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      checked.push({ device, failure: error });
    }
  }
  return checked;
}

function skip(one: CheckedDevice, chosen: DeviceName): SkippedDevice {
  if ("checkMs" in one) return { device: one.device, reason: "device_slower", detail: `slower than ${chosen}` };
  const { code, problems } = one.failure;
  return { device: one.device, reason: code as SkipReason, detail: problems[0]?.detail ?? code }; // `start` and the check throw no others
}

async function startAndCheck(name: DeviceName, threads?: number): Promise<number> {
  await start(name, threads);
  return checkDevice(name, DRIVERS[name].tolerance);
}

async function start(name: DeviceName, threads?: number): Promise<void> {
  const driver = DRIVERS[name];
  tf.enableProdMode(); // no per-kernel checks for NaN, and no advertisement on the console
  try {
    await driver.load();
    if (!(await tf.setBackend(driver.backend))) throw new Error(`tfjs could not start its backend "${driver.backend}"`);
    await driver.begin?.(threads);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    const advice =
      driver.packages.length > 0
        ? `install it with \`npm run devices -- --install ${name}\`, or take another --device`
        : "try --device cpu";
    throw new CodedError("device_unavailable", "device", `${name} cannot be used here (${reason}): ${advice}`, undefined, {
      cause,
    });
  }
}

/** npm's names and versions of what a device needs beside what `npm ci` brings. */
export const packagesOf = (name: DeviceName): readonly string[] => DRIVERS[name].packages;
