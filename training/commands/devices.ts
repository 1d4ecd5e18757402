// npm run devices: which devices compute what they should on this machine, and how fast; what stands in the way of the others.
import { Command, Option } from "commander";
import { type CheckedDevice, checkDevices } from "../engine/device.ts";
import { installDevices, OPTIONAL_DEVICES, type OptionalDevice } from "../jobs/install-devices.ts";

interface Options {
  readonly install?: readonly OptionalDevice[];
}

export function command(): Command {
  return new Command("devices")
    .description("Check what the dense net can run on here")
    .addOption(new Option("--install <names...>", "install these first").choices(OPTIONAL_DEVICES))
    .action(run);
}

async function run({ install = [] }: Options): Promise<void> {
  if (install.length > 0) await installDevices(install, (stage) => console.error(`${stage}...`));
  const checked = await checkDevices([...OPTIONAL_DEVICES, "wasm", "cpu"]);
  for (const one of checked) console.log(`${one.device.padEnd(10)}${describe(one)}`);
  const failed = checked.some((one) => "failure" in one && install.some((name) => name === one.device));
  if (failed) process.exitCode = 1;
}

const describe = (one: CheckedDevice): string =>
  "checkMs" in one ? `passes, ${one.checkMs.toFixed(1)} ms a batch` : (one.failure.problems[0]?.detail ?? one.failure.code);
