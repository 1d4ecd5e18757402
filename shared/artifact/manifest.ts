// The manifest: everything that the edge needs to know about a model, beside its weights.
import * as z from "zod/mini";
import { FeatureMap } from "../features/feature-map.ts";
import { parse } from "../schemas/coded-error.ts";
import { Architecture } from "../scoring/architecture.ts";
import { Calibration } from "../scoring/calibration.ts";
import { requireFormatVersion } from "./format-version.ts";
import { upgradeManifest } from "./manifest-1.ts";

/** Version of the manifest's own layout. A reader refuses versions it does not know; it takes every older one. */
export const MANIFEST_VERSION = 2;

/** Version of the pointer's layout. */
export const POINTER_VERSION = 1;

/** Lower-case hex of a SHA-256. */
export const Sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"));

/** One evaluated set of scores. `auc` and `prAuc` are null where one class is absent. */
export const Metrics = z.strictObject({
  auc: z.nullable(z.number()),
  prAuc: z.nullable(z.number()),
  logloss: z.number(),
  ece: z.number(),
  examples: z.int(),
});
export type Metrics = z.infer<typeof Metrics>;

/**
 * `files.weights` is the content address of a safetensors object. `dataRange` is the time span of the examples that it learned
 * from (milliseconds since the epoch), null where the data have no time. `codeCommit` is null outside a git checkout.
 */
export const Manifest = z.strictObject({
  formatVersion: z.literal(MANIFEST_VERSION),
  task: z.string(),
  family: z.string(),
  createdMs: z.int(),
  featureMap: FeatureMap,
  architecture: Architecture,
  calibration: Calibration,
  metrics: z.record(z.string(), Metrics),
  dataRange: z.nullable(z.strictObject({ firstMs: z.int(), lastMs: z.int() })),
  codeCommit: z.nullable(z.string()),
  files: z.strictObject({ weights: z.strictObject({ sha256: Sha256, sizeBytes: z.int() }) }),
});
export type Manifest = z.infer<typeof Manifest>;

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
export const Channel = z.enum(["stable", "canary", "shadow"]);
export type Channel = z.infer<typeof Channel>;

/**
 * The only mutable object. `sequence` rises by one with every move, so that a reader that has seen a later one knows a replay;
 * rollback is a new pointer to an older digest. `digest` addresses the signed envelope of a manifest or of a catalog.
 */
export const Pointer = z.strictObject({
  formatVersion: z.literal(POINTER_VERSION),
  name: z.string(),
  channel: Channel,
  sequence: z.int().check(z.minimum(1)),
  digest: Sha256,
  previousDigest: z.nullable(Sha256),
  movedMs: z.int(),
});
export type Pointer = z.infer<typeof Pointer>;

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
