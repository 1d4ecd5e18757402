// A file's bytes, gunzipped where its first bytes say gzip, whatever its name says.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** Small, so that what is made of a chunk is garbage before it grows old: 1 MiB chunks read at half the speed. */
const READ_SIZE_BYTES = 1 << 16;

/** Throws `CodedError`: `file_not_found`, `file_unreadable`, `gzip_corrupt`. */
export async function* readBytes(file: string): AsyncGenerator<Uint8Array> {
  const gzipped = await isGzip(file);
  try {
    for await (const chunk of openStream(file, gzipped)) yield chunk;
  } catch (cause) {
    throw toFileError(cause, file);
  }
}

/** Gzip's magic number (RFC 1952, section 2.3.1). */
export async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file).catch((cause: unknown) => {
    throw toFileError(cause, file);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } catch (cause) {
    throw toFileError(cause, file);
  } finally {
    await handle.close();
  }
}

function openStream(file: string, gzipped: boolean): Readable {
  const source = createReadStream(file, { highWaterMark: READ_SIZE_BYTES });
  if (!gzipped) return source;
  // The callback is left empty because the reader of the stream gets the same error.
  return pipeline(source, createGunzip({ chunkSize: READ_SIZE_BYTES }), () => {});
}

function toFileError(cause: unknown, file: string): unknown {
  if (!(cause instanceof Error) || !("code" in cause)) return cause;
  if (cause.code === "ENOENT") return new CodedError("file_not_found", file, "no such file");
  const corrupt = String(cause.code).startsWith("Z_");
  const detail = corrupt ? `the gzip stream is damaged (${cause.message}): copy the file again` : cause.message;
  return new CodedError(corrupt ? "gzip_corrupt" : "file_unreadable", file, detail, undefined, { cause });
}
