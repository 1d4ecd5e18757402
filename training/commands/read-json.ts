// A JSON file that the command line names.
import { readFile } from "node:fs/promises";
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** Throws `CodedError`: `file_missing`, `json_malformed`. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new CodedError("file_missing", file, "this file cannot be read", undefined, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CodedError("json_malformed", file, cause instanceof Error ? cause.message : "not JSON", undefined, { cause });
  }
}
