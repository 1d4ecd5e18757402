// What a store holds: every channel with its pointer, every version with when it was made and how good it was.
import * as v from "valibot";
import type { TrustedKeys } from "../../shared/artifact/envelope.ts";
import { CATALOG_NAME } from "../../shared/artifact/keys.ts";
import { Channel, type Metrics, parseManifest, versionOf } from "../../shared/artifact/manifest.ts";
import { readDocument, readPointer } from "../../shared/artifact/read-published.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { listDigests } from "./read-model.ts";

/** `problem` is the code of what verification found, null where all is well. */
export interface ListedChannel {
  readonly name: string;
  readonly channel: Channel;
  readonly version: string | null;
  readonly sequence: number | null;
  readonly movedMs: number | null;
  readonly problem: string | null;
}

/** A catalog has neither a time of its own nor metrics. */
export interface ListedVersion {
  readonly name: string;
  readonly version: string;
  readonly createdMs: number | null;
  readonly family: string | null;
  readonly metrics: Readonly<Record<string, Metrics>>;
  readonly problem: string | null;
}

export interface Inventory {
  readonly channels: readonly ListedChannel[];
  readonly versions: readonly ListedVersion[];
}

/** Lists one name, or all. Versions are in order of time. Weights are not read: `verify` does. */
export async function takeInventory(store: ObjectStore, trusted: TrustedKeys, only?: string): Promise<Inventory> {
  const channels: ListedChannel[] = [];
  for (const [name, channel] of await listChannels(store)) {
    if (only === undefined || name === only) channels.push(await describeChannel(store, trusted, name, channel));
  }
  const versions: ListedVersion[] = [];
  for (const name of await listNames(store)) {
    if (only !== undefined && name !== only) continue;
    for (const digest of await listDigests(store, name)) versions.push(await describeVersion(store, trusted, name, digest));
  }
  versions.sort((a, b) => Number(a.name > b.name) - Number(a.name < b.name) || (a.createdMs ?? 0) - (b.createdMs ?? 0));
  return { channels, versions };
}

/** Names and channels that have a pointer. */
async function listChannels(store: ObjectStore): Promise<[string, Channel][]> {
  const keys = await store.list("channels/");
  return keys.flatMap((key): [string, Channel][] => {
    const [, name, file] = key.split("/");
    const channel = file?.replace(/\.json$/, "");
    return name !== undefined && v.is(Channel, channel) ? [[name, channel]] : [];
  });
}

async function listNames(store: ObjectStore): Promise<string[]> {
  const keys = await store.list("manifests/");
  return [...new Set(keys.map((key) => key.split("/")[1] ?? ""))];
}

async function describeChannel(store: ObjectStore, trusted: TrustedKeys, name: string, channel: Channel): Promise<ListedChannel> {
  const unknown = { name, channel, version: null, sequence: null, movedMs: null };
  const { value, problem } = await attempt(() => readPointer(store, trusted, name, channel));
  if (!value) return { ...unknown, problem };
  const { digest, sequence, movedMs } = value.pointer;
  return { ...unknown, version: versionOf(digest), sequence, movedMs, problem };
}

async function describeVersion(store: ObjectStore, trusted: TrustedKeys, name: string, digest: string): Promise<ListedVersion> {
  const unknown = { name, version: versionOf(digest), createdMs: null, family: null, metrics: {} };
  if (name === CATALOG_NAME) {
    const type = "application/vnd.selvedge.catalog+json";
    return { ...unknown, problem: (await attempt(() => readDocument(store, trusted, type, name, digest))).problem };
  }
  const type = "application/vnd.selvedge.manifest+json";
  const { value, problem } = await attempt(async () => parseManifest(await readDocument(store, trusted, type, name, digest)));
  if (!value) return { ...unknown, problem };
  return { ...unknown, createdMs: value.createdMs, family: value.family, metrics: value.metrics, problem };
}

/** One bad object must not hide the others; a store that fails does end the listing. */
async function attempt<T>(work: () => Promise<T>): Promise<{ readonly value: T | null; readonly problem: string | null }> {
  try {
    return { value: await work(), problem: null };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code.startsWith("store_")) throw error;
    return { value: null, problem: error.code };
  }
}
