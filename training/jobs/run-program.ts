// Another program, run in the root of the project: its output is for the error where it fails.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Rejects with an `Error` that ends with the last lines that the program wrote to stderr. */
export async function runProgram(program: string, args: readonly string[], timeoutMs: number): Promise<void> {
  try {
    await promisify(execFile)(program, args, { cwd: ROOT, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES });
  } catch (cause) {
    const { stderr = "", killed, message } = cause as Error & { stderr?: string; killed?: boolean }; // what execFile rejects with
    const said = stderr.trim().split("\n").slice(-3).join(" | ") || message;
    throw new Error(`${program} ${args[0] ?? ""}: ${killed ? `no end after ${timeoutMs / 1000} s` : said}`, { cause });
  }
}
