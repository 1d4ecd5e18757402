// A search's folder: what is searched (search.json), and a row for each trial and rung that is done (trials.ndjson).
import { createHash, randomUUID } from "node:crypto";
import { appendFile, mkdir, readFile, rename, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { readBytes } from "../dataset/bytes.ts";
import type { DataFiles } from "../dataset/load.ts";
import type { DeviceChoice } from "../engine/device.ts";
import type { Space } from "../search/space.ts";
import { parseTrialRow, type TrialRow } from "../search/trial-row.ts";
import { requireFreeFolder } from "./run-folder.ts";

const SEARCH_FILE = "search.json";
export const TRIALS_FILE = "trials.ndjson";

/** All that decides what the rows say. `data` are the files' SHA-256 by the option that named them: a file may move. */
export interface Search {
  readonly task: Task;
  readonly space: Space;
  readonly trials: number;
  readonly seed: number;
  readonly device: DeviceChoice;
  readonly data: Readonly<Record<string, readonly string[]>>;
}

/**
 * The rows of the same search, where it was begun; null where the folder is free for it.
 * Throws `CodedError`: `search_differs` at what differs, `search_malformed`, `run_exists` where the folder holds something else, and
 * what `parseTrialRow` throws.
 */
export async function findSearch(folder: string, search: Search): Promise<TrialRow[] | null> {
  const text = await readIfThere(join(folder, SEARCH_FILE));
  if (text !== null) {
    requireSame(folder, readSearch(text, join(folder, SEARCH_FILE)), search);
    return readTrials(join(folder, TRIALS_FILE));
  }
  await requireFreeFolder(folder);
  return null;
}

/** The folder appears with its search.json, or not at all. */
export async function beginSearch(folder: string, search: Search): Promise<void> {
  const staging = join(dirname(folder), `.${basename(folder)}.${randomUUID()}.partial`);
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, SEARCH_FILE), `${JSON.stringify(search, null, 2)}\n`);
  await rename(staging, folder);
}

/** Whole in one write, and on the disk before it returns. */
export async function appendTrial(folder: string, row: TrialRow): Promise<void> {
  await appendFile(join(folder, TRIALS_FILE), `${JSON.stringify(row)}\n`, { flush: true });
}

/** The SHA-256 of each file's bytes, gunzipped. Throws what `readBytes` throws. */
export async function hashFiles(files: DataFiles): Promise<Search["data"]> {
  const hashed: Record<string, string[]> = {};
  for (const [option, value] of Object.entries(files)) {
    if (value !== undefined) hashed[option] = await Promise.all([value].flat().map(hashFile));
  }
  return hashed;
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of readBytes(file)) hash.update(bytes);
  return hash.digest("hex");
}

function readSearch(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>; // what it holds is only compared
  } catch (cause) {
    throw new CodedError("search_malformed", file, "not the JSON of a search; give another --out", undefined, { cause });
  }
}

function requireSame(folder: string, found: Readonly<Record<string, unknown>>, search: Search): void {
  const asked: Readonly<Record<string, unknown>> = JSON.parse(JSON.stringify(search)); // as it would have been written
  for (const [name, value] of Object.entries(asked)) {
    if (isDeepStrictEqual(found[name], value)) continue;
    const detail = `${folder} holds a search with another ${name}; give it that one to go on, or another --out`;
    throw new CodedError("search_differs", name, detail);
  }
}

/** A last line without its end was being written when the search was killed: it is removed, and its trial is done again. */
async function readTrials(file: string): Promise<TrialRow[]> {
  const text = (await readIfThere(file)) ?? "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
  const lines = whole.split("\n").slice(0, -1);
  return lines.map((line, index) => parseTrialRow(line, `${file}:${index + 1}`));
}

async function readIfThere(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
}
