// Tensors in a file that is whole or not there at all: their SHA-256, then safetensors. What is damaged is found out on reading.
import { createHash } from "node:crypto";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { readSafetensors, safetensorsParts } from "../../shared/artifact/safetensors.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type CheckpointSlot, unusable } from "../engine/checkpoint.ts";

const DIGEST_BYTES = 32;
const READ_SIZE_BYTES = 1 << 26;

/** A slot in a file. Writing is a rename: a process that is killed leaves the file of before. */
export function tensorFile(path: string): CheckpointSlot {
  return {
    path,
    async read() {
      const bytes = await readWhole(path);
      if (bytes === null) return null;
      const body = bytes.subarray(DIGEST_BYTES);
      if (!digestOf(body).equals(bytes.subarray(0, DIGEST_BYTES))) throw unusable(path, "it is damaged or cut short");
      return readSafetensors(body);
    },
    async write(tensors) {
      const parts = safetensorsParts(tensors);
      await writeWhole(path, [digestOf(...parts), ...parts]);
    },
    remove: () => rm(path, { force: true }),
  };
}

/** Under another name, to the disk, and only then under its own. Throws `checkpoint_unwritable`. */
export async function writeWhole(path: string, content: string | readonly Uint8Array[]): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, content, { flush: true });
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("checkpoint_unwritable", path, `${reason}: make room, and resume`, undefined, { cause });
  }
}

function digestOf(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Null where there is no file. */
async function readWhole(path: string): Promise<Uint8Array | null> {
  try {
    return await readPieces(path);
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause)) throw cause;
    if (cause.code === "ENOENT") return null;
    throw unusable(path, cause.message, { cause });
  }
}

/** `readFile` refuses 2 GiB. */
async function readPieces(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(READ_SIZE_BYTES, bytes.length - at), at);
      if (bytesRead === 0) break; // it became shorter, which the digest will tell
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
