// Where objects live in a bucket. Immutable ones are named by their content; only pointers move.
import type { Channel } from "./manifest.ts";

/** Content-addressed bytes (weights): `objects/{sha256}`. */
export const objectKey = (sha256: string): string => `objects/${sha256}`;

/** A signed document (a model's manifest, a catalog), by the name it is published under: `manifests/{name}/{sha256}.json`. */
export const documentKey = (name: string, sha256: string): string => `manifests/${name}/${sha256}.json`;

/** All documents of a name, for listing. */
export const documentPrefix = (name: string): string => `manifests/${name}/`;

/** A channel's pointer: `channels/{name}/{channel}.json`. */
export const pointerKey = (name: string, channel: Channel): string => `channels/${name}/${channel}.json`;

/** The catalog is published like a model, under this name. */
export const CATALOG_NAME = "catalog";

/** A batch of events, by the hour in which it was received (UTC): `events/date=2026-11-23/hour=07/{batchId}.ndjson`. */
export function eventKey(receivedMs: number, batchId: string): string {
  const iso = new Date(receivedMs).toISOString();
  return `events/date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}/${batchId}.ndjson`;
}
