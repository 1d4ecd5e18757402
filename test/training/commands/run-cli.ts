// The command line in a child process, as a user calls it, away from the machine's own settings.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `env` is added to PATH alone. `onStderr` sees all of stderr so far, and the process, whenever something is written. */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onStderr: (text: string, child: ChildProcess) => void = () => {},
): Promise<Finished> {
  const child = spawn(process.execPath, ["training/cli.ts", ...args], { env: { PATH: process.env.PATH, ...env } });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written.stderr += text;
    onStderr(written.stderr, child);
  });
  const [exitCode] = (await once(child, "close")) as [number | null]; // the event's first argument
  return { exitCode, ...written };
}
