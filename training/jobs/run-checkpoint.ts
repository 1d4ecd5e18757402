// What a run that is interrupted leaves behind, beside where its folder will be: what run it is, and how far each model has come.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { Channel } from "../../shared/artifact/manifest.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { int, number } from "../../shared/schemas/numbers.ts";
import { strictObject } from "../../shared/schemas/objects.ts";
import { Task } from "../../shared/tasks/task.ts";
import { readBytes } from "../dataset/bytes.ts";
import type { DataFiles } from "../dataset/load.ts";
import { type CheckpointSlot, unusable } from "../engine/checkpoint.ts";
import { DEVICE_NAMES } from "../engine/device.ts";
import { tensorFile, writeWhole } from "./tensor-file.ts";

const RUN_FILE = "run.json";

const Files = strictObject({
  data: v.optional(v.pipe(v.array(v.string()), v.readonly())),
  train: v.optional(v.string()),
  valid: v.optional(v.string()),
  test: v.optional(v.string()),
});

/** All that a run's bytes depend on, and where it was to be published. `digests` are SHA-256 of what the files hold, unpacked. */
const InterruptedRun = strictObject({
  version: v.literal(1),
  task: Task,
  files: Files,
  digests: v.array(v.string()),
  seed: int,
  windowMiB: number,
  /** The one that was used, whatever was asked for. */
  device: v.picklist(DEVICE_NAMES),
  codeCommit: v.nullable(v.string()),
  node: v.string(),
  channel: v.nullable(Channel),
});
export type InterruptedRun = v.InferOutput<typeof InterruptedRun>;

/** What must be the same for the same bytes to come out, and what it is called. */
const COMPARED = [
  ["task", "task"],
  ["seed", "seed"],
  ["windowMiB", "window"],
  ["digests", "data"],
  ["device", "device"],
  ["codeCommit", "code commit"],
  ["node", "Node version"],
] as const satisfies readonly (readonly [keyof InterruptedRun, string])[];

export interface RunCheckpoint {
  /** A place for the named part of the run. */
  slot(name: string): CheckpointSlot;
  remove(): Promise<void>;
}

export const checkpointFolderOf = (folder: string): string => join(dirname(folder), `.${basename(folder)}.checkpoint`);

export async function isInterrupted(folder: string): Promise<boolean> {
  const found = await stat(join(checkpointFolderOf(folder), RUN_FILE)).catch(() => null); // not there, or not to be seen
  return found !== null;
}

/** Throws `checkpoint_missing` and `checkpoint_unusable`. */
export async function readInterruptedRun(folder: string): Promise<InterruptedRun> {
  const path = join(checkpointFolderOf(folder), RUN_FILE);
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT") throw unusable(path, cause.message, { cause });
    const detail = `no run of ${folder} was interrupted: give the folder that it was to be written to`;
    throw new CodedError("checkpoint_missing", "resume", detail, undefined, { cause });
  });
  try {
    return v.parse(InterruptedRun, JSON.parse(text));
  } catch (cause) {
    throw unusable(path, "it is damaged, or of another version", { cause });
  }
}

/**
 * Nothing is written before the first slot is. Throws `run_interrupted` where the folder's run was interrupted and is not resumed, and
 * `checkpoint_mismatch` where it is, but not as it was begun.
 */
export async function openRunCheckpoint(folder: string, run: InterruptedRun, resume: boolean): Promise<RunCheckpoint> {
  const path = checkpointFolderOf(folder);
  if (resume) requireSameRun(await readInterruptedRun(folder), run);
  else if (await isInterrupted(folder)) {
    throw new CodedError("run_interrupted", "out", `a run was interrupted here: add --resume ${folder}, or remove ${path}`);
  }
  let begun: Promise<void> | null = null;
  const begin = async () => {
    await mkdir(path, { recursive: true });
    await writeWhole(join(path, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`);
  };
  return {
    slot(name) {
      const slot = tensorFile(join(path, `${name}.safetensors`));
      return {
        ...slot,
        async write(tensors) {
          begun ??= begin();
          await begun;
          await slot.write(tensors);
        },
      };
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

function requireSameRun(kept: InterruptedRun, run: InterruptedRun): void {
  const differing = COMPARED.flatMap(([key, name]) => (isDeepStrictEqual(plain(kept[key]), plain(run[key])) ? [] : [name]));
  if (differing[0] === undefined) return;
  const detail = `the run was begun with another ${differing.join(", another ")}: resume it as it was, or begin anew elsewhere`;
  throw new CodedError("checkpoint_mismatch", differing[0], detail);
}

/** As JSON gives it back. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** In the order of the files, each after the name of its role. Throws what `readBytes` does. */
export async function digestFiles({ data = [], train, valid, test }: DataFiles): Promise<string[]> {
  const given = [...data.map((file) => ["data", file]), ["train", train], ["valid", valid], ["test", test]] as const;
  const digests: string[] = [];
  for (const [role, file] of given) {
    if (role === undefined || file === undefined) continue;
    const hash = createHash("sha256");
    for await (const bytes of readBytes(file)) hash.update(bytes);
    digests.push(`${role}:${hash.digest("hex")}`);
  }
  return digests;
}
