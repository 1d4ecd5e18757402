// Reads a document's own layout version before anything else of it, so that a newer layout is named as such.
import * as v from "valibot";
import { CodedError } from "../schemas/coded-error.ts";
import { number } from "../schemas/numbers.ts";

const Versioned = v.object({ formatVersion: number });

/**
 * Throws `CodedError` `{document}_version_unknown` where the value says a version other than `known`. A value that says none
 * passes: its schema will say what is wrong.
 *
 * @example requireFormatVersion(JSON.parse(text), 1, "catalog"); // catalog_version_unknown
 */
export function requireFormatVersion(value: unknown, known: number, document: string): void {
  const result = v.safeParse(Versioned, value);
  if (!result.success || result.output.formatVersion === known) return;
  const detail = `this build reads version ${known}, the ${document} is of version ${result.output.formatVersion}; update the reader first`;
  throw new CodedError(`${document}_version_unknown`, "formatVersion", detail);
}
