// Moves a channel's pointer, if nobody has moved it since: the one write that makes a publication visible.
import { signEnvelope } from "../../shared/artifact/envelope.ts";
import { pointerKey } from "../../shared/artifact/keys.ts";
import { type Channel, POINTER_VERSION, type Pointer, parsePointer } from "../../shared/artifact/manifest.ts";
import type { PointerState } from "../../shared/artifact/read-published.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { KeyPair } from "./keys.ts";

export interface PointerMove {
  readonly store: ObjectStore;
  readonly keys: KeyPair;
  readonly name: string;
  readonly channel: Channel;
  /** The pointer that the decision to publish was based on; null where there was none. */
  readonly base: PointerState | null;
  readonly digest: string;
  readonly nowMs: number;
}

/** Answers the new pointer. Throws `CodedError` `pointer_moved` where another publisher was first; nothing has changed then. */
export async function movePointer({ store, keys, name, channel, base, digest, nowMs }: PointerMove): Promise<Pointer> {
  const pointer = parsePointer({
    formatVersion: POINTER_VERSION,
    name,
    channel,
    sequence: (base?.pointer.sequence ?? 0) + 1,
    digest,
    previousDigest: base?.pointer.digest ?? null,
    movedMs: nowMs,
  });
  const key = pointerKey(name, channel);
  const bytes = await signEnvelope("application/vnd.selvedge.pointer+json", pointer, keys.signing);
  const moved = await store.put(key, bytes, base ? { ifMatch: base.etag } : { ifNoneMatch: true });
  if (moved) return pointer;
  throw new CodedError("pointer_moved", key, "another publisher moved it first; look at what it published, then publish again");
}
