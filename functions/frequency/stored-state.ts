// A subject's state in its object's storage: read once when the object wakes up, then written through.
import type { Hold, SubjectState, View } from "./views.ts";

const FORGOTTEN = "forgotten";

export interface StoredState extends SubjectState {
  /** Writes what the maps do not write by themselves. */
  save(): void;
  /** Forgets what is in memory, once the storage was emptied. */
  clear(): void;
}

/** What was stored last is the least that the clock can be: a caller whose clock is behind must not see less than others saw. */
export function openStoredState(kv: SyncKvStorage): StoredState {
  const views = new StoredMap<readonly View[]>(kv, "views:");
  const holds = new StoredMap<Hold>(kv, "hold:");
  let storedForgottenMs = kv.get<number>(FORGOTTEN) ?? 0;
  let clockMs = storedForgottenMs;
  for (const list of views.values()) for (const { atMs } of list) clockMs = Math.max(clockMs, atMs);
  for (const { heldMs } of holds.values()) clockMs = Math.max(clockMs, heldMs);
  const state: StoredState = {
    views,
    holds,
    settled: new Map(),
    clockMs,
    forgottenMs: storedForgottenMs,
    save: () => {
      if (state.forgottenMs === storedForgottenMs) return;
      storedForgottenMs = state.forgottenMs;
      kv.put(FORGOTTEN, storedForgottenMs);
    },
    clear: () => {
      views.forget();
      holds.forget();
      state.settled.clear();
      storedForgottenMs = state.forgottenMs;
    },
  };
  return state;
}

/** A map whose entries are also in storage, under keys that begin with `prefix`. */
class StoredMap<Value> extends Map<string, Value> {
  readonly #kv: SyncKvStorage;
  readonly #prefix: string;

  constructor(kv: SyncKvStorage, prefix: string) {
    super();
    this.#kv = kv;
    this.#prefix = prefix;
    for (const [key, value] of kv.list<Value>({ prefix })) super.set(key.slice(prefix.length), value);
  }

  override set(key: string, value: Value): this {
    this.#kv.put(this.#prefix + key, value);
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    this.#kv.delete(this.#prefix + key);
    return super.delete(key);
  }

  /** Empties the map alone. */
  forget(): void {
    super.clear();
  }
}
