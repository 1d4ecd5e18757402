// A decision made again, from its record alone and the documents that it names, by the very code that made it.
import * as v from "valibot";
import { importPublicKeys, type TrustedKeys } from "../../shared/artifact/envelope.ts";
import { CATALOG_NAME, objectKey } from "../../shared/artifact/keys.ts";
import { versionOf } from "../../shared/artifact/manifest.ts";
import { readDocument, readImmutable } from "../../shared/artifact/read-published.ts";
import type { ObjectReader } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import type { Explanation } from "../../shared/schemas/explanation.ts";
import { strictObject } from "../../shared/schemas/objects.ts";
import { type CatalogIndex, EMPTY_CATALOG, indexCatalog } from "../catalog/catalog-index.ts";
import { type DecisionInput, decide, type ServedModel, shortlist } from "../decision/decide.ts";
import { explainDecision } from "../decision/explain-decision.ts";
import { readRecordedState } from "../decision/state.ts";
import { addScoreParts, hasScoreParts } from "../events/score-parts.ts";
import { kernel } from "../model/kernel.ts";
import { buildEdgeModel } from "../model/model.ts";

const Digest = v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "the SHA-256 of a signed document, in hex")));

/** A record names versions, which are the beginnings of digests: whoever can list the store knows the rest. */
export const ReplayRequest = strictObject({
  record: v.pipe(
    v.unknown(),
    v.check((record) => v.is(DecisionEvent, record), "no record of a decision of this version"),
  ),
  digests: strictObject({ catalog: Digest, model: Digest, conversionModel: Digest }),
});
export type ReplayRequest = v.InferOutput<typeof ReplayRequest>;

export interface Replay {
  /** Equal to the record, byte for byte as JSON, where nothing was trimmed from it. */
  readonly event: DecisionEvent;
  readonly explanations: readonly Explanation[];
}

interface Documents {
  readonly store: ObjectReader;
  readonly trusted: TrustedKeys;
}

/** Throws `CodedError`: `replay_version_wrong`, and those of reading documents: `document_missing` and its like. */
export async function replayDecision(
  { record, digests }: ReplayRequest,
  { store, publicKeys }: { readonly store: ObjectReader; readonly publicKeys: string },
): Promise<Replay> {
  const event = record as DecisionEvent; // the schema has checked it; its own order of keys is what must come out again
  const documents = { store, trusted: await importPublicKeys(publicKeys) };
  const { request, state, seed, decisionId, timeMs, catalogVersion } = event;
  const input: DecisionInput = {
    request,
    catalog: await openCatalog(catalogVersion, digests.catalog, documents),
    catalogVersion,
    models: await openModels(event.model, digests.model, documents),
    conversionModels: await openModels(event.conversionModel, digests.conversionModel, documents),
    decisionId,
    nowMs: timeMs,
    seed,
    explain: true,
  };
  const listed = shortlist(input);
  const decision = decide(input, listed, readRecordedState(state, listed.needs.accounts));
  const model = input.models.get(event.model?.channel ?? "stable")?.value;
  const made = model && hasScoreParts(event) ? addScoreParts(decision.event, model) : decision.event;
  return { event: made, explanations: explainDecision(input, listed, decision) };
}

async function openCatalog(version: string | null, digest: string | null, { store, trusted }: Documents): Promise<CatalogIndex> {
  if (version === null) return EMPTY_CATALOG;
  const found = requireDigest(version, digest, "catalog");
  return indexCatalog(await readDocument(store, trusted, "application/vnd.selvedge.catalog+json", CATALOG_NAME, found));
}

async function openModels(
  servedBy: DecisionEvent["model"],
  digest: string | null,
  { store, trusted }: Documents,
): Promise<DecisionInput["models"]> {
  if (!servedBy) return new Map();
  const { task, channel, version } = servedBy;
  const found = requireDigest(version, digest, task);
  const manifest = await readDocument(store, trusted, "application/vnd.selvedge.manifest+json", task, found);
  const readWeights = (sha256: string) => readImmutable(store, objectKey(sha256), sha256, "weights");
  const model: ServedModel = { value: await buildEdgeModel(kernel, task, manifest, readWeights), version };
  return new Map([[channel, model]]);
}

function requireDigest(version: string, digest: string | null, name: string): string {
  if (digest !== null && versionOf(digest) === version) return digest;
  throw new CodedError(
    "replay_version_wrong",
    "digests",
    `the record names ${name} ${version}; send the whole digest of that version`,
  );
}
