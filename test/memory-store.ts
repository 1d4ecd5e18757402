// A store in memory, for tests that need to look inside one or to break it. It passes the conformance suite like the real ones.
import type { ObjectStore, StoredObject, WriteCondition } from "../shared/artifact/store.ts";

export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  #writeCount = 0;

  async get(key: string): Promise<StoredObject | null> {
    return this.objects.get(key) ?? null;
  }

  async put(key: string, bytes: Uint8Array, condition: WriteCondition): Promise<boolean> {
    const found = this.objects.get(key);
    if (condition && "ifMatch" in condition && found?.etag !== condition.ifMatch) return false;
    if (condition && "ifNoneMatch" in condition && found) return false;
    this.objects.set(key, { bytes: bytes.slice(), etag: `"${++this.#writeCount}"` });
    return true;
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
