// Keeps the newest good value of one channel in isolate memory: pointer -> document -> bytes, verified, refreshed behind the response.
import type { Pointer } from "../../shared/artifact/manifest.ts";
import {
  type ChannelSource,
  fetchPointer,
  loadTarget,
  recallPointer,
  rememberPointer,
  type VerifiedPointer,
} from "./channel-source.ts";
import { LoadError, type LoadFailure } from "./load-failure.ts";

export interface Loaded<T> {
  readonly value: T;
  /** First 12 hex digits of the digest of the signed document. */
  readonly version: string;
  readonly sequence: number;
  readonly loadedMs: number;
}

/** Null where nothing was ever loaded. */
type Answer<T> = Loaded<T> | null;

export interface ChannelLoader<T> {
  /** The last good value, or null where there never was one. */
  readonly current: Loaded<T> | null;
  readonly lastFailure: LoadFailure | null;
  /**
   * The value to serve with. Answers from memory, at once, starting a refresh through `waitUntil` once the pointer is older than its
   * lifetime; waits for the store, up to a bound, only for the very first load. Never throws.
   *
   * @param sinceMs when the caller began to wait, where it has waited for another loader before: the bound is one for both
   * @param untilMs when the caller must go on, where that is earlier
   */
  get(waitUntil: (work: Promise<unknown>) => void, sinceMs?: number, untilMs?: number): Answer<T> | Promise<Answer<T>>;
}

export interface ChannelLoaderOptions<T> extends ChannelSource<T> {
  /** How long a pointer is believed, and how long a failed load is not tried again. */
  readonly ttlMs: number;
  /** Longest that requests wait for the first load, counted from its beginning, or from theirs where that was earlier. */
  readonly firstLoadMs: number;
  readonly nowMs: () => number;
  onLoad?(loaded: Loaded<T>): void;
  onFailure?(reason: LoadFailure, error: unknown): void;
}

/** A refresh whose request died with it never ends; after this long, more than its three bounded reads can take, another one is started. */
const ABANDON_MS = 7_000;

/**
 * @example
 * const loader = createChannelLoader({ reader, cache, publicKeys, name: "catalog", channel: "stable", payloadType,
 *   build: async (payload) => indexCatalog(parse(Catalog, payload)), ttlMs: 2000, firstLoadMs: 2500, nowMs: Date.now });
 */
export function createChannelLoader<T>(options: ChannelLoaderOptions<T>): ChannelLoader<T> {
  return new StoreChannelLoader(options);
}

class StoreChannelLoader<T> implements ChannelLoader<T> {
  current: Loaded<T> | null = null;
  lastFailure: LoadFailure | null = null;
  readonly #options: ChannelLoaderOptions<T>;
  #highestSequence = 0;
  #nextRefreshMs = Number.NEGATIVE_INFINITY;
  /** Counts loads; the newest is the one whose value is wanted. */
  #newestLoad = 0;
  #refresh: { readonly startedMs: number; readonly isFirst: boolean; readonly done: Promise<void> } | null = null;

  constructor(options: ChannelLoaderOptions<T>) {
    this.#options = options;
  }

  get(
    waitUntil: (work: Promise<unknown>) => void,
    sinceMs = Number.POSITIVE_INFINITY,
    untilMs = Number.POSITIVE_INFINITY,
  ): Answer<T> | Promise<Answer<T>> {
    const nowMs = this.#options.nowMs();
    const running = this.#refresh !== null && nowMs - this.#refresh.startedMs < ABANDON_MS;
    if (!running && nowMs >= this.#nextRefreshMs) waitUntil(this.#startRefresh(nowMs));
    if (!this.#refresh?.isFirst) return this.current;
    const { done, startedMs } = this.#refresh;
    const boundMs = Math.min(startedMs, sinceMs) + this.#options.firstLoadMs;
    return settledWithin(done, Math.min(boundMs, untilMs) - nowMs).then(() => this.current);
  }

  /** One at a time: everybody who comes meanwhile shares it. */
  #startRefresh(startedMs: number): Promise<void> {
    const done = this.#load(++this.#newestLoad).finally(() => {
      this.#nextRefreshMs = this.#options.nowMs() + this.#options.ttlMs;
      if (this.#refresh?.done === done) this.#refresh = null;
    });
    const isFirst = this.#nextRefreshMs === Number.NEGATIVE_INFINITY;
    this.#refresh = { startedMs, isFirst, done };
    return done;
  }

  async #load(load: number): Promise<void> {
    const recalled = this.current === null ? await recallPointer(this.#options) : null;
    if (recalled) this.#highestSequence = Math.max(this.#highestSequence, recalled.pointer.sequence);
    try {
      await this.#follow(await fetchPointer(this.#options), load);
      this.lastFailure = null;
    } catch (error) {
      this.#fail(error, load);
      if (recalled && this.current === null) await this.#serveRecalled(recalled, load);
    }
  }

  async #follow(verified: VerifiedPointer, load: number): Promise<void> {
    const { pointer } = verified;
    if (pointer.sequence < this.#highestSequence) throw new LoadError("pointer_replayed");
    this.#highestSequence = pointer.sequence;
    if (this.current?.sequence === pointer.sequence) return;
    await this.#take(pointer, load);
    await rememberPointer(this.#options, verified);
  }

  /** What this location served from before, where the store has nothing good to offer. The failure that led here stands. */
  async #serveRecalled({ pointer }: VerifiedPointer, load: number): Promise<void> {
    await this.#take(pointer, load).catch((error: unknown) => this.#options.onFailure?.(reasonOf(error), error));
  }

  /**
   * A load that was given up builds nothing once another has begun, so that there are never more than two values: the one that serves
   * and the one being built. Only a request in flight can hold an older one.
   */
  async #take(pointer: Pointer, load: number): Promise<void> {
    const target = await loadTarget(this.#options, pointer, () => {
      if (load !== this.#newestLoad) throw new LoadError("load_abandoned");
    });
    this.current = { ...target, sequence: pointer.sequence, loadedMs: this.#options.nowMs() };
    this.#options.onLoad?.(this.current);
  }

  #fail(error: unknown, load: number): void {
    const reason = reasonOf(error);
    if (load === this.#newestLoad) this.lastFailure = reason;
    this.#options.onFailure?.(reason, error);
  }
}

/** Every stage throws a `LoadError`; anything else is a mistake of ours, which must not pass for the store's. */
function reasonOf(error: unknown): LoadFailure {
  return error instanceof LoadError ? error.reason : "document_invalid";
}

async function settledWithin(work: Promise<void>, limitMs: number): Promise<void> {
  if (limitMs <= 0) return;
  const { promise: limit, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
