// Moves a channel's pointer, if nobody has moved it since: the one write that makes a publication visible.

import { CodedError } from "../schemas/coded-error.ts";
import { type SigningKey, signEnvelope } from "./envelope.ts";
import { pointerKey } from "./keys.ts";
import { type Channel, POINTER_VERSION, type Pointer, parsePointer } from "./manifest.ts";
import type { PointerState } from "./read-published.ts";
import type { PublishedStore } from "./store.ts";

export interface PointerMove {
  readonly store: PublishedStore;
  readonly keys: { readonly signing: SigningKey };
  readonly name: string;
  readonly channel: Channel;
  /** The pointer that the decision to publish was based on; null where there was none. */
  readonly base: PointerState | null;
  readonly digest: string;
  readonly nowMs: number;
}

/**
 * Answers the new pointer. Throws `CodedError` `pointer_moved` where another publisher was first; nothing has changed then.
 *
 * @example await movePointer({ store, keys, name: "catalog", channel: "stable", base, digest, nowMs: Date.now() });
 */
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
