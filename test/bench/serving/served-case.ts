// A served model with one raw request for it: what `npm run bench -- serving` times.
import type { Manifest } from "../../../shared/artifact/manifest.ts";
import type { RawRecord } from "../../../shared/features/encode.ts";
import type { Subject } from "../scorer/shape.ts";

/** `context` has the fields of the context's side, `candidates` those of theirs. */
export interface ServedCase extends Subject {
  readonly manifest: Manifest;
  readonly context: RawRecord;
  readonly candidates: readonly RawRecord[];
}
