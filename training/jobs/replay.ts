// THE story of a replay: find the record, find what it names, let a Worker decide again, and compare byte for byte.
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { CATALOG_NAME, documentPrefix } from "../../shared/artifact/keys.ts";
import type { ObjectStore } from "../../shared/artifact/store.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { DecisionEvent } from "../../shared/schemas/decision-record.ts";
import type { AdminClient } from "../publish/admin-client.ts";

export interface ReplayJob {
  /** A file of events, a line each, or of one record; or a decision's id, looked for in the newest events. */
  readonly source: string;
  readonly artifacts: Pick<ObjectStore, "list">;
  readonly events: Pick<ObjectStore, "get" | "list">;
  readonly client: Pick<AdminClient, "replay">;
  readonly nowMs: number;
}

/** `difference` is the first place where the replay is another; null where it is the same to the last byte. */
export interface ReplayReport {
  readonly decisionId: string;
  readonly sizeBytes: number;
  readonly difference: string | null;
  readonly explanations: readonly unknown[];
}

/** Days of events that an id is looked for in. */
const DAYS = 2;
const DAY_MS = 86_400_000;

/** Throws `CodedError`: `record_missing`, `record_ambiguous`, `document_missing`, and those of the client. */
export async function replay({ source, artifacts, events, client, nowMs }: ReplayJob): Promise<ReplayReport> {
  const line = await findRecord(source, events, nowMs);
  const record = JSON.parse(line) as DecisionEvent; // found by its schema
  const digestOf = async (name: string, version: string | null | undefined) =>
    version ? findDigest(artifacts, name, version) : null;
  const { catalogVersion, model, conversionModel } = record;
  const digests = {
    catalog: await digestOf(CATALOG_NAME, catalogVersion),
    model: model && (await digestOf(model.task, model.version)),
    conversionModel: conversionModel && (await digestOf(conversionModel.task, conversionModel.version)),
  };
  const { event, explanations } = await client.replay({ record, digests });
  const sizeBytes = Buffer.byteLength(line);
  return { decisionId: record.decisionId, sizeBytes, difference: compareLines(line, JSON.stringify(event)), explanations };
}

async function findRecord(source: string, events: ReplayJob["events"], nowMs: number): Promise<string> {
  const text = await readFile(source, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return null;
  });
  const found = text === null ? await searchEvents(source, events, nowMs) : text.split("\n").filter(isRecord);
  if (found.length === 1) return found[0] as string; // one
  const place = text === null ? `the last ${DAYS} days of events` : source;
  if (found.length === 0) throw new CodedError("record_missing", source, `no record of a decision in ${place}`);
  throw new CodedError("record_ambiguous", source, `${found.length} records of decisions in ${place}; give it one`);
}

function isRecord(line: string): boolean {
  try {
    return v.is(DecisionEvent, JSON.parse(line));
  } catch {
    return false; // not JSON: no event of ours
  }
}

async function searchEvents(decisionId: string, events: ReplayJob["events"], nowMs: number): Promise<string[]> {
  for (let day = 0; day < DAYS; day++) {
    const date = new Date(nowMs - day * DAY_MS).toISOString().slice(0, 10);
    for (const key of (await events.list(`events/date=${date}/`)).reverse()) {
      const lines = new TextDecoder().decode((await events.get(key))?.bytes).split("\n");
      const found = lines.find((line) => line.includes(`"id":"${decisionId}.decision"`));
      if (found) return [found];
    }
  }
  return [];
}

async function findDigest(artifacts: ReplayJob["artifacts"], name: string, version: string): Promise<string> {
  const [key] = await artifacts.list(`${documentPrefix(name)}${version}`);
  if (!key) throw new CodedError("document_missing", `${documentPrefix(name)}${version}`, "the store no longer has that version");
  return key.slice(documentPrefix(name).length, -".json".length);
}

/** Shows a little of both where they part. */
function compareLines(recorded: string, replayed: string): string | null {
  if (recorded === replayed) return null;
  let at = 0;
  while (recorded[at] === replayed[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
  return `at byte ${at}:\n  recorded ...${around(recorded)}...\n  replayed ...${around(replayed)}...`;
}
