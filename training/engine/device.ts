// Which device the dense net runs on: opened by name, or the fastest that is installed and computes what it should.
import * as tf from "@tensorflow/tfjs";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { registerKernels } from "../kernels/register.ts";
import { checkDevice } from "./device-check.ts";

export type DeviceName = "node-gpu" | "webgpu" | "node" | "wasm" | "cpu";
export type DeviceChoice = DeviceName | "auto";

interface Driver {
  /** tfjs's name for the backend. */
  readonly backend: string;
  /** What to install where it is absent; null for what `npm ci` brings. */
  readonly packages: readonly string[];
  readonly prepare: () => Promise<void>;
}

/** Optional packages are loaded by a name that the type checker does not follow: they need not be installed. */
const load = (name: string): Promise<Record<string, unknown>> => import(name);

const DRIVERS: Readonly<Record<DeviceName, Driver>> = {
  "node-gpu": {
    backend: "tensorflow",
    packages: ["@tensorflow/tfjs-node-gpu"],
    prepare: async () => void (await load("@tensorflow/tfjs-node-gpu")),
  },
  webgpu: {
    backend: "webgpu",
    packages: ["@tensorflow/tfjs-backend-webgpu", "webgpu"],
    prepare: async () => {
      const { create, globals } = (await load("webgpu")) as { create(flags: string[]): unknown; globals: object }; // its documented face
      Object.assign(globalThis, globals);
      Object.defineProperty(globalThis.navigator, "gpu", { value: create([]), configurable: true });
      await load("@tensorflow/tfjs-backend-webgpu");
    },
  },
  node: {
    backend: "tensorflow",
    packages: ["@tensorflow/tfjs-node"],
    prepare: async () => void (await load("@tensorflow/tfjs-node")),
  },
  wasm: { backend: "wasm", packages: [], prepare: async () => void (await load("@tensorflow/tfjs-backend-wasm")) },
  cpu: { backend: "cpu", packages: [], prepare: async () => {} },
};

export const DEVICE_NAMES = Object.keys(DRIVERS) as DeviceName[]; // the record has exactly these

/** Best first by what is usual; those that open are timed. The plain cpu backend is for where nothing else runs. */
const AUTO_ORDER: readonly DeviceName[] = ["node-gpu", "webgpu", "node", "wasm"];

/** A device that was passed over, and why. */
export interface SkippedDevice {
  readonly device: DeviceName;
  readonly reason: string;
}

export interface OpenDevice {
  readonly name: DeviceName;
  readonly skipped: readonly SkippedDevice[];
}

/**
 * Makes the device tfjs's current one, after a check of one fixed batch. `auto` takes the fastest that passes. By name, throws
 * `device_unavailable`, which says what to install, or `device_incorrect`.
 */
export async function openDevice(choice: DeviceChoice): Promise<OpenDevice> {
  if (choice !== "auto") {
    await start(choice);
    await checkDevice(choice);
    return { name: choice, skipped: [] };
  }
  const skipped: SkippedDevice[] = [];
  let fastest: { name: DeviceName; checkMs: number } | null = null;
  for (const name of AUTO_ORDER) {
    try {
      await start(name);
      const checkMs = await checkDevice(name);
      if (fastest && fastest.checkMs <= checkMs) skipped.push({ device: name, reason: `slower than ${fastest.name}` });
      else {
        if (fastest) skipped.push({ device: fastest.name, reason: `slower than ${name}` });
        fastest = { name, checkMs };
      }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      skipped.push({ device: name, reason: error.problems[0]?.detail ?? error.code });
    }
  }
  const name = fastest?.name ?? "cpu";
  await start(name);
  return { name, skipped };
}

async function start(name: DeviceName): Promise<void> {
  const { backend, packages, prepare } = DRIVERS[name];
  tf.enableProdMode(); // no per-kernel checks for NaN, and no advertisement on the console
  try {
    await prepare();
    if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its backend "${backend}"`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    const advice =
      packages.length > 0 ? `install it with \`npm install --no-save ${packages.map(pinned).join(" ")}\`` : "try --device cpu";
    throw new CodedError("device_unavailable", "device", `${name} cannot be used here (${reason}): ${advice}`, undefined, {
      cause,
    });
  }
  if (name === "wasm") await registerKernels();
}

function pinned(name: string): string {
  return name === "webgpu" ? "webgpu@0.6.2" : `${name}@${tf.version_core}`;
}
