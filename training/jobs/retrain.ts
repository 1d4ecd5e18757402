// THE story of a retraining run: what happened -> examples -> a challenger -> published only where it is no worse than the champion.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import type { Published } from "../../shared/artifact/publish-document.ts";
import type { PointerState } from "../../shared/artifact/read-published.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { RetrievalFamily } from "../../shared/tasks/family.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { type DownloadCounts, downloadEvents } from "../dataset/events.ts";
import { exampleSource, splitByTime, type TimeSplit } from "../dataset/examples.ts";
import { type JoinCounts, type JoinRequest, joinEvents } from "../dataset/join.ts";
import { streamParts } from "../dataset/load.ts";
import { checkQuality, type QualityRefusal } from "../dataset/quality.ts";
import type { Part } from "../dataset/record-source.ts";
import { SHARD_BYTES } from "../dataset/shards.ts";
import { type Comparison, decidePromotion, type PromotionReason } from "../evaluate/promotion.ts";
import type { ModelArtifact } from "../publish/artifact.ts";
import { type Publisher, publishModel } from "../publish/publish.ts";
import { readPublishedModel } from "../publish/read-model.ts";
import { reportOn } from "../report/report.ts";
import { buildModel } from "./build-model.ts";
import type { BuildRequest } from "./build-request.ts";
import { compare } from "./compare.ts";
import { requireFreeFolder, writeRunFolder } from "./run-folder.ts";

export interface RetrainRequest extends Omit<BuildRequest, "splits"> {
  readonly eventStore: Pick<ObjectStore, "get" | "list">;
  readonly sinceMs: number;
  readonly attribution: Pick<JoinRequest, "outcome" | "windowMs" | "settleMs">;
  readonly minExamples: number;
  /** Where the champion is, and where the challenger goes. */
  readonly publisher: Pick<Publisher, "store" | "keys" | "channel">;
  /** Does everything but publish. */
  readonly dryRun: boolean;
  /** The run's folder; must be empty, or not there. */
  readonly folder: string;
  readonly codeCommit: string | null;
  readonly now: () => number;
  readonly onStage: (stage: RetrainStage) => void;
  readonly signal: AbortSignal;
}

export type RetrainStage = "reading events" | "joining" | "encoding" | "training" | "comparing" | "writing" | "publishing";

/** `champion_moved`: somebody else published on the channel while this run was comparing. */
export interface Verdict {
  readonly publish: boolean;
  readonly reason: QualityRefusal | PromotionReason | "champion_moved";
  readonly detail: string;
}

/** report.json. `comparison` is null where the data were refused. */
export interface RetrainReport {
  readonly task: string;
  readonly createdMs: number;
  readonly sinceMs: number;
  readonly download: DownloadCounts;
  readonly join: JoinCounts;
  readonly split: TimeSplit;
  readonly comparison: Comparison | null;
  readonly verdict: Verdict;
}

/** `published` is null after a refusal and in a dry run. `verdict` is the report's, unless the channel moved after it. */
export interface RetrainRun {
  readonly report: RetrainReport;
  readonly verdict: Verdict;
  readonly published: Published | null;
}

/** A refusal is an answer, not an error. Rejects with the signal's reason once it is aborted; no folder is left behind then. */
export async function retrain(request: RetrainRequest): Promise<RetrainRun> {
  refuseRetrieval(request.task);
  await requireFreeFolder(request.folder);
  const work = await mkdtemp(join(tmpdir(), "selvedge-retrain-"));
  try {
    return await runStages(request, work);
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Its manifest does not say which field the items were, so that champion and challenger cannot be compared on examples. */
function refuseRetrieval({ model: { family } }: Task): void {
  if (!v.is(RetrievalFamily, family)) return;
  throw new CodedError("family_not_retrained", "model.family", `${family} is trained from files: npm run train`);
}

async function runStages(request: RetrainRequest, work: string): Promise<RetrainRun> {
  const { task, eventStore, sinceMs, attribution, minExamples, publisher, folder, codeCommit, now, signal } = request;
  const enter = (stage: RetrainStage): void => {
    signal.throwIfAborted();
    request.onStage(stage);
  };
  const createdMs = now();
  const [eventFile, exampleFile] = [join(work, "events.ndjson"), join(work, "examples.parquet")];

  enter("reading events");
  const download = await downloadEvents(eventStore, { sinceMs, untilMs: createdMs }, eventFile);
  enter("joining");
  const counts = await joinEvents({ eventFile, exampleFile, ...attribution, nowMs: createdMs });
  const split = await splitByTime(exampleFile);
  const facts = { task: task.name, createdMs, sinceMs, download, join: counts, split };
  const problem = checkQuality(counts, split, minExamples);
  const copied = { "examples.parquet": exampleFile };
  if (problem) {
    const verdict = { publish: false, ...problem };
    const report = { ...facts, comparison: null, verdict };
    await writeRunFolder(folder, { documents: { "report.json": report }, log: [], artifact: null, copied }, signal);
    return { report, verdict, published: null };
  }

  enter("encoding");
  const shardsOf = (name: string) => ({ folder: join(work, name), shardBytes: SHARD_BYTES, signal });
  const splits = await streamParts(task, partsOf(task, exampleFile, split), shardsOf("splits"));
  enter("training");
  const built = await buildModel({ ...request, splits });
  const artifact = { manifest: { ...built.manifest, createdMs, codeCommit }, weights: built.weights };

  enter("comparing");
  const champion = await readPublishedModel(publisher.store, publisher.keys.trusted, task.name, publisher.channel);
  const window = { exampleFile, span: split.test };
  const shards = shardsOf("window");
  const comparison = await compare({ task, built, champion: champion?.artifact ?? null, window, shards, signal });
  const verdict = decidePromotion(comparison);
  const report = { ...facts, comparison, verdict };

  enter("writing");
  const origin = [["events", `${new Date(sinceMs).toISOString()} to ${new Date(createdMs).toISOString()}`]] as const;
  const made = { seed: request.seed, createdMs, codeCommit, origin, command: `npm run retrain -- --task ${task.name}` };
  const { texts, ...found } = await reportOn({ task, splits, built, ...made, signal });
  const metrics = { ...built.metrics, ...found };
  const documents = { "report.json": report, "metrics.json": metrics, "feature-map.json": splits.featureMap };
  await writeRunFolder(folder, { documents, texts, log: [...built.history], artifact, copied }, signal);
  if (!verdict.publish || request.dryRun) return { report, verdict, published: null };

  enter("publishing");
  return { report, ...(await publishOver(request, champion, artifact, verdict)) };
}

function partsOf(task: Task, exampleFile: string, split: TimeSplit): Part[] {
  const names = ["train", "valid", "test"] as const;
  return names.map((name) => ({ split: name, source: exampleSource(exampleFile, task.fields, task, split[name]) }));
}

/** Publishes over the very champion that was compared with. Adds publication.json to the folder, whatever came of it. */
async function publishOver(
  { publisher, folder, now }: RetrainRequest,
  base: PointerState | null,
  artifact: ModelArtifact,
  verdict: Verdict,
): Promise<Pick<RetrainRun, "verdict" | "published">> {
  const outcome = await publishModel({ ...publisher, nowMs: now(), base }, artifact).then(
    (published) => ({ verdict, published }),
    (error: unknown) => ({ verdict: refusalOf(error), published: null }),
  );
  await writeFile(join(folder, "publication.json"), `${JSON.stringify(outcome, null, 2)}\n`);
  return outcome;
}

/** A lost race is a refusal; everything else is thrown on. */
function refusalOf(error: unknown): Verdict {
  if (!(error instanceof CodedError) || error.code !== "pointer_moved") throw error;
  return { publish: false, reason: "champion_moved", detail: "another publisher was first; run again to compare with its model" };
}
