// Optimistic locking over HTTP: every change names the revision that it was made for (RFC 9110, section 13; RFC 6585, section 3).
import type { Context } from "hono";
import { CodedError } from "../../../shared/schemas/coded-error.ts";

/** What a change was made for: nothing being there yet, or exactly this revision. */
export type Precondition = "absent" | number;

/**
 * Throws `CodedError`: `precondition_required`, `precondition_malformed`.
 *
 * @param mayCreate whether `if-none-match: *` makes sense here
 */
export function readPrecondition(context: Context, mayCreate: boolean): Precondition {
  const match = context.req.header("if-match");
  if (mayCreate && match === undefined && context.req.header("if-none-match")?.trim() === "*") return "absent";
  const create = mayCreate ? ", or if-none-match: * to create" : "";
  if (match === undefined) {
    const detail = `send if-match with the ETag that you were given${create}: a change must not undo another that you have not seen`;
    throw new CodedError("precondition_required", "if-match", detail);
  }
  const revision = /^(?:W\/)?"(\d{1,15})"$/.exec(match.trim())?.[1]; // networks that compress make an ETag a weak one
  if (revision !== undefined) return Number(revision);
  throw new CodedError("precondition_malformed", "if-match", `expected an ETag as it was given, if-match: "12"${create}`);
}

export function tagRevision(context: Context, revision: number): void {
  context.header("etag", `"${revision}"`);
}

/** `current` is null where nothing is there. The answer carries the current revision as its ETag too. */
export function revisionConflict(context: Context, current: number | null): CodedError {
  if (current !== null) tagRevision(context, current);
  const state = current === null ? "it is not there" : `its revision is ${current} now`;
  return new CodedError("revision_conflict", "if-match", `${state}: GET it, make your change on top of that, and send it again`);
}
