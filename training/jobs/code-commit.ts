// Which code made a model: the commit of this checkout, or the one that an image was built from.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** SELVEDGE_CODE_COMMIT where it is set (the GPU image has no git), else git's HEAD; null where there is neither. */
export async function readCodeCommit(env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  if (env.SELVEDGE_CODE_COMMIT) return env.SELVEDGE_CODE_COMMIT;
  const cwd = new URL("../..", import.meta.url);
  const answer = await promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd }).catch(() => null); // no git, or no checkout
  return answer?.stdout.trim() ?? null;
}
