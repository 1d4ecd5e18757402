// The edge's side of frequency caps: asks the subject's object before a decision, in bounded time, and tells it afterwards what was shown.

import type { SeenViews } from "../../shared/catalog/views-left.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { SeenColumns, SubjectViews } from "./subject-views.ts";
import { fromColumns } from "./view-columns.ts";
import type { Hold, ShownViews } from "./views.ts";

export interface FrequencyDependencies {
  readonly subjects: DurableObjectNamespace<SubjectViews>;
  /** Names the objects: see `nameSubject`. */
  readonly subjectKey: CryptoKey | Promise<CryptoKey>;
  readonly nowMs: () => number;
  readonly metrics: Pick<Metrics, "frequencyHolds" | "frequencySettles">;
}

export interface Frequency {
  /**
   * What the subject has seen: see `viewsLeft`. The request's slots are held until `settle`, which must follow. Null where there was no
   * answer before `deadlineMs` or none at all: then nothing capped may be shown, nothing need be settled, and a hold that comes about all
   * the same is given back behind the response.
   */
  hold(request: HoldRequest, waitUntil: (work: Promise<unknown>) => void): Promise<SeenViews | null>;
  /** Says what was shown of what was held. Behind the response; a failure is counted, and the hold then lapses into views. */
  settle(subjectId: string, requestId: string, shown: readonly ShownViews[]): Promise<void>;
  /** Deletes all that the counters know of a subject. Throws where they cannot be reached. */
  forget(subjectId: string): Promise<void>;
}

/** `deadlineMs` is a time of `nowMs`. */
export interface HoldRequest {
  readonly subjectId: string;
  readonly requestId: string;
  readonly wanted: Omit<Hold, "heldMs">;
  readonly deadlineMs: number;
}

/**
 * The name of a subject's object, 64 hex digits, under the key that `importHmacKey` makes of the Worker's secret. It is an HMAC of the
 * subject's id and no plain hash: ids may be e-mail addresses or account numbers, which anybody could hash until one fits. Another secret
 * is other objects: all caps begin anew.
 */
export async function nameSubject(subjectId: string, key: CryptoKey): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(subjectId)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function createFrequency({ subjects, subjectKey, nowMs, metrics }: FrequencyDependencies): Frequency {
  const names = new Map<string, string>();
  const objectOf = async (subjectId: string) => {
    const known = names.get(subjectId);
    if (known !== undefined) return subjects.getByName(known);
    const name = await nameSubject(subjectId, await subjectKey);
    rememberName(names, subjectId, name);
    return subjects.getByName(name);
  };
  const settle: Frequency["settle"] = async (subjectId, requestId, shown) => {
    try {
      await (await objectOf(subjectId)).settle(requestId, shown, nowMs()); // another stub: one that failed once stays broken
      metrics.frequencySettles.add({ outcome: "settled" });
    } catch (error) {
      reportError(error);
      metrics.frequencySettles.add({ outcome: "failed" });
    }
  };
  return {
    hold: async ({ subjectId, requestId, wanted, deadlineMs }, waitUntil) => {
      const asked = objectOf(subjectId).then(async (object) => readSeen(await object.hold(requestId, wanted, nowMs())));
      const answer = await answerBefore(asked, deadlineMs - nowMs());
      metrics.frequencyHolds.add({ outcome: typeof answer === "string" ? answer : "answered" });
      if (typeof answer !== "string") return answer;
      waitUntil(asked.catch(() => {}).then(() => settle(subjectId, requestId, []))); // a failed hold may have been held
      return null;
    },
    settle,
    forget: async (subjectId) => {
      await (await objectOf(subjectId)).forget();
      names.delete(subjectId);
    },
  };
}

/** Each request asks twice, and readers come back: a name takes an HMAC. */
const MOST_NAMES = 1000;

function rememberName(names: Map<string, string>, subjectId: string, name: string): void {
  const [oldest] = names.keys();
  if (names.size >= MOST_NAMES && oldest !== undefined) names.delete(oldest);
  names.set(subjectId, name);
}

const readSeen = (answer: SeenColumns | null): SeenViews | null =>
  answer && { atMs: answer.atMs, heldCount: answer.heldCount, seenMs: fromColumns(answer.views) };

async function answerBefore<T extends object | null>(asked: Promise<T>, timeoutMs: number): Promise<T | "late" | "failed"> {
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), Math.max(0, timeoutMs));
  try {
    return await Promise.race([asked, late.promise]);
  } catch (error) {
    reportError(error);
    return "failed";
  } finally {
    clearTimeout(timer);
  }
}
