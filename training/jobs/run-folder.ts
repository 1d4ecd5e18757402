// A run's folder, whole or not there at all: written beside its place under another name, then renamed.
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type ModelArtifact, writeArtifactFolder } from "../publish/artifact.ts";

/**
 * What a run leaves behind: JSON documents by file name, log lines, the artifact in a folder of its own (null where there was none to
 * make), files by their text, and files, by their name in the folder, that are copied in from where they were written.
 */
export interface RunContents {
  readonly documents: Readonly<Record<string, unknown>>;
  readonly log: readonly unknown[];
  readonly artifact: ModelArtifact | null;
  readonly texts?: Readonly<Record<string, string>>;
  readonly copied?: Readonly<Record<string, string>>;
}

/** Throws `CodedError` `run_exists` where the folder already holds something: a run never changes another's. */
export async function requireFreeFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new CodedError("out_unusable", "out", `${folder}: ${error.message}`, undefined, { cause: error });
  });
  if (names.length > 0) throw new CodedError("run_exists", "out", `${folder} is not empty; give another --out, or remove it`);
}

/** Writes the folder. Once `signal` is aborted nothing appears under its name, and what was written beside it is removed. */
export async function writeRunFolder(
  folder: string,
  { documents, log, artifact, texts = {}, copied = {} }: RunContents,
  signal: AbortSignal,
): Promise<void> {
  const staging = join(dirname(folder), `.${basename(folder)}.${randomUUID()}.partial`);
  try {
    await mkdir(staging, { recursive: true });
    for (const [name, document] of Object.entries(documents)) {
      await writeFile(join(staging, name), `${JSON.stringify(document, null, 2)}\n`);
    }
    for (const [name, text] of Object.entries(texts)) await writeFile(join(staging, name), text);
    await writeFile(join(staging, "log.ndjson"), log.map((line) => `${JSON.stringify(line)}\n`).join(""));
    if (artifact) await writeArtifactFolder(join(staging, "artifact"), artifact);
    for (const [name, from] of Object.entries(copied)) await copyFile(from, join(staging, name)); // not a rename: it may be on another disk
    signal.throwIfAborted();
    await rename(staging, folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}
