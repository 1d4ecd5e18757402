// A published artifact as it lies in a store, and what bad luck or a bad neighbour makes of it.
import { sha256Hex, signEnvelope } from "../../../../shared/artifact/envelope.ts";
import { documentKey, objectKey, pointerKey } from "../../../../shared/artifact/keys.ts";
import { POINTER_VERSION, type Pointer } from "../../../../shared/artifact/manifest.ts";
import { MemoryStore } from "../../../memory-store.ts";
import type { Random } from "../../../shared/scoring/random-model.ts";
import type { TestKeys } from "../../../signing-keys.ts";
import { type Artifact, TASK } from "./artifacts.ts";
import { damageBytes, pick } from "./damage.ts";

const utf8 = new TextEncoder();

/** The same, with a manifest that names those very weights; one that names none where it should is left alone. */
export async function rehash({ manifest, weights }: Artifact): Promise<Artifact> {
  const named = (manifest as { files?: { weights?: unknown } | null } | null)?.files?.weights; // JSON: undefined where it is not so
  if (typeof named !== "object" || named === null) return { manifest, weights };
  const files = { weights: { ...named, sha256: await sha256Hex(weights), sizeBytes: weights.length } };
  return { manifest: { ...(manifest as object), files }, weights }; // it has files
}

/** The weights under their hash, the manifest, and the pointer to it: all signed, whatever they say. */
export async function publish({ manifest, weights }: Artifact, { signing }: TestKeys): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.put(objectKey(await sha256Hex(weights)), weights, null);
  const document = await signEnvelope("application/vnd.selvedge.manifest+json", manifest, signing);
  const digest = await sha256Hex(document);
  await store.put(documentKey(TASK, digest), document, null);
  const where = { name: TASK, channel: "stable", sequence: 1 } as const;
  const pointer: Pointer = { formatVersion: POINTER_VERSION, ...where, digest, previousDigest: null, movedMs: 0 };
  await store.put(
    pointerKey(TASK, "stable"),
    await signEnvelope("application/vnd.selvedge.pointer+json", pointer, signing),
    null,
  );
  return store;
}

/** One object damaged, missing, or in another's place; or a word of a document replaced, its signature kept. */
export async function damageStore(random: Random, sound: MemoryStore): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const [key, { bytes }] of sound.objects) await store.put(key, bytes, null);
  const keys = [...store.objects.keys()];
  const [key, other] = [pick(random, keys), pick(random, keys)];
  const bytesAt = (at: string) => store.objects.get(at)?.bytes ?? new Uint8Array();
  const choice = random();
  if (choice < 0.05) store.objects.delete(key);
  else if (choice < 0.15) await store.put(key, bytesAt(other), null);
  else if (choice < 0.3 && !key.startsWith("objects/")) await store.put(key, reword(random, bytesAt(key)), null);
  else await store.put(key, damageBytes(random, bytesAt(key)), null);
  return store;
}

const PARTS = ['"payload"', '"payloadType"', '"signatures"', '"keyid"', '"sig"', "manifest", "pointer", "json", '":"', "{", "=="];

function reword(random: Random, bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  return utf8.encode(text.replace(pick(random, PARTS), pick(random, ["", '"x"', "null", "[]", "{}", "catalog", "\u0000"])));
}
