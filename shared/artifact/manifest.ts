// The manifest: everything that the edge needs to know about a model, beside its weights.
import * as v from "valibot";
import { FeatureMap } from "../features/feature-map.ts";
import { parse } from "../schemas/coded-error.ts";
import { int, number } from "../schemas/numbers.ts";
import { record, strictObject } from "../schemas/objects.ts";
import { Architecture } from "../scoring/architecture.ts";
import { Calibration } from "../scoring/calibration.ts";
import { requireFormatVersion } from "./format-version.ts";
import { upgradeManifest } from "./manifest-1.ts";

/** Version of the manifest's own layout. A reader refuses versions it does not know; it takes every older one. */
export const MANIFEST_VERSION = 2;

/** Version of the pointer's layout. */
export const POINTER_VERSION = 1;

/** Lower-case hex of a SHA-256. */
export const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"));

/** One evaluated set of scores. `auc` and `prAuc` are null where one class is absent. */
export const Metrics = strictObject({
  auc: v.nullable(number),
  prAuc: v.nullable(number),
  logloss: number,
  ece: number,
  examples: int,
});
export type Metrics = v.InferOutput<typeof Metrics>;

/**
 * `files.weights` is the content address of a safetensors object. `dataRange` is the time span of the examples that it learned
 * from (milliseconds since the epoch), null where the data have no time. `codeCommit` is null outside a git checkout.
 */
export const Manifest = strictObject({
  formatVersion: v.literal(MANIFEST_VERSION),
  task: v.string(),
  family: v.string(),
  createdMs: int,
  featureMap: FeatureMap,
  architecture: Architecture,
  calibration: Calibration,
  metrics: record(v.string(), Metrics),
  dataRange: v.nullable(strictObject({ firstMs: int, lastMs: int })),
  codeCommit: v.nullable(v.string()),
  files: strictObject({ weights: strictObject({ sha256: Sha256, sizeBytes: int }) }),
});
export type Manifest = v.InferOutput<typeof Manifest>;

/**
 * A manifest from an opened envelope or a file. Throws `CodedError`: `manifest_version_unknown` before anything else is looked
 * at, then the schema's own codes.
 *
 * @example const manifest = parseManifest(await openEnvelope("application/vnd.selvedge.manifest+json", bytes, keys));
 */
export function parseManifest(value: unknown): Manifest {
  const newest = upgradeManifest(value);
  requireFormatVersion(newest, MANIFEST_VERSION, "manifest");
  return parse(Manifest, newest, "manifest");
}

/** Channels that a pointer can move on. */
export const Channel = v.picklist(["stable", "canary", "shadow"]);
export type Channel = v.InferOutput<typeof Channel>;

/**
 * The only mutable object. `sequence` rises by one with every move, so that a reader that has seen a later one knows a replay;
 * rollback is a new pointer to an older digest. `digest` addresses the signed envelope of a manifest or of a catalog.
 */
export const Pointer = strictObject({
  formatVersion: v.literal(POINTER_VERSION),
  name: v.string(),
  channel: Channel,
  sequence: v.pipe(int, v.minValue(1)),
  digest: Sha256,
  previousDigest: v.nullable(Sha256),
  movedMs: int,
});
export type Pointer = v.InferOutput<typeof Pointer>;

/**
 * A pointer from an opened envelope. Throws `CodedError`: `pointer_version_unknown`, then the schema's own codes.
 *
 * @example const pointer = parsePointer(await openEnvelope("application/vnd.selvedge.pointer+json", bytes, keys));
 */
export function parsePointer(value: unknown): Pointer {
  requireFormatVersion(value, POINTER_VERSION, "pointer");
  return parse(Pointer, value, "pointer");
}

/**
 * What people call a published model or catalog: the first 12 hex digits of its document's digest.
 *
 * @example versionOf(pointer.digest); // "4f2d09c1aa73"
 */
export const versionOf = (digest: string): string => digest.slice(0, 12);
