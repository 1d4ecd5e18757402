// argv -> job. Each command is one file, loaded only when it is called; a failure that the user can act on exits 1 with its code.
import { Command } from "commander";
import { CodedError } from "../shared/schemas/coded-error.ts";

const commands: Record<string, () => Promise<{ command: () => Command }>> = {
  artifact: () => import("./commands/artifact.ts"),
  catalog: () => import("./commands/catalog.ts"),
  devices: () => import("./commands/devices.ts"),
  replay: () => import("./commands/replay.ts"),
  retrain: () => import("./commands/retrain.ts"),
  simulate: () => import("./commands/simulate.ts"),
  start: () => import("./commands/start.ts"),
  traffic: () => import("./commands/traffic.ts"),
  train: () => import("./commands/train.ts"),
  tune: () => import("./commands/tune.ts"),
};

const program = new Command("selvedge").description("Train, publish, serve and retrain small models at the edge.");
const chosen = commands[process.argv[2] ?? ""];
for (const load of chosen ? [chosen] : Object.values(commands)) program.addCommand((await load()).command());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CodedError)) throw error;
  for (const { code, path, detail } of error.problems) console.error(`error ${code}${path && ` at ${path}`}: ${detail}`);
  process.exitCode = 1;
}
