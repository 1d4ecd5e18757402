// Which optional devices this machine has, found out without the engine's own loader: what is here must work.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { packagesOf } from "../../../training/engine/device.ts";
import { ADDON_FILE } from "../../../training/jobs/build-addon.ts";
import type { OptionalDevice } from "../../../training/jobs/install-devices.ts";

/** Whether npm has its packages. */
export const isInstalled = (name: OptionalDevice): boolean =>
  packagesOf(name).every((versioned) => existsSync(`node_modules/${versioned.slice(0, versioned.lastIndexOf("@"))}`));

/** Why a device cannot be tested here, and how to get it; null where it can. */
export function whyAbsent(name: "node" | "webgpu"): string | null {
  if (!isInstalled(name) || (name === "node" && !existsSync(ADDON_FILE))) return `npm run devices -- --install ${name}`;
  if (name === "webgpu" && !hasAdapter()) return "a Vulkan driver: Mesa 25's lavapipe runs without a GPU";
  return null;
}

function hasAdapter(): boolean {
  const ask = "import('webgpu').then(({ create }) => create([]).requestAdapter()).then((found) => process.exit(found ? 0 : 1))";
  try {
    execFileSync(process.execPath, ["-e", ask], { stdio: "ignore" });
    return true;
  } catch {
    return false; // no driver, or one that Dawn refuses
  }
}
