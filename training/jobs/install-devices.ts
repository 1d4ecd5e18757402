// Brings optional devices beside what `npm ci` brings: npm's packages and what their scripts download, or what is built in its place.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type DeviceName, packagesOf } from "../engine/device.ts";
import { buildAddon } from "./build-addon.ts";
import { ROOT, runProgram } from "./run-program.ts";

export const OPTIONAL_DEVICES = ["node", "webgpu", "node-gpu"] as const satisfies readonly DeviceName[];
export type OptionalDevice = (typeof OPTIONAL_DEVICES)[number];

const INSTALL_TIMEOUT_MS = 300_000;

/** Throws `install_failed`, or `addon_not_built`. */
export async function installDevices(names: readonly OptionalDevice[], onStage: (stage: string) => void): Promise<void> {
  // What package.json does not save, npm removes at the next install: so devices that are there already are named again.
  const packages = OPTIONAL_DEVICES.filter((name) => names.includes(name) || isPresent(name)).flatMap(packagesOf);
  // npm takes an optional peer for installed, unless it is told to save it.
  const options = ["--no-save", "--save-prod", "--ignore-scripts", "--no-audit", "--no-fund"];
  await npm(["install", ...options, ...packages], onStage);
  for (const name of names) await runScripts(name, onStage);
}

/** The packages' own install scripts: they download TensorFlow. Where they cannot, the addon of `node` is built. */
async function runScripts(name: OptionalDevice, onStage: (stage: string) => void): Promise<void> {
  try {
    await npm(["rebuild", ...packagesOf(name).map(withoutVersion)], onStage);
  } catch (error) {
    if (name !== "node") throw error;
    onStage("TensorFlow's own download failed: building the addon");
    await buildAddon(onStage);
  }
}

async function npm(args: readonly string[], onStage: (stage: string) => void): Promise<void> {
  onStage(`npm ${args.join(" ")}`);
  await runProgram("npm", args, INSTALL_TIMEOUT_MS).catch((cause: Error) => {
    throw new CodedError("install_failed", "device", cause.message, undefined, { cause });
  });
}

const isPresent = (name: DeviceName): boolean =>
  packagesOf(name).every((versioned) => existsSync(join(ROOT, "node_modules", withoutVersion(versioned))));

const withoutVersion = (versioned: string): string => versioned.slice(0, versioned.lastIndexOf("@"));
