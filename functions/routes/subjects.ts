// DELETE /v1/subjects/:subjectId/views: a subject is forgotten, by whoever has the key of a site.
import { Hono } from "hono/tiny";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";
import { SubjectId } from "../../shared/schemas/decisions.ts";
import { type OpenSiteKey, readRequestKey, requireAnySite } from "../access/site-key.ts";
import type { Frequency } from "../frequency/frequency.ts";

export interface SubjectDependencies {
  readonly frequency: Pick<Frequency, "forget">;
  readonly openSiteKey: OpenSiteKey;
  readonly nowMs: () => number;
}

export function subjectRoutes({ frequency, openSiteKey, nowMs }: SubjectDependencies) {
  return new Hono().delete("/v1/subjects/:subjectId/views", async (context) => {
    requireAnySite(await readRequestKey(context.req.raw, openSiteKey, nowMs()));
    await forget(parse(SubjectId, context.req.param("subjectId"), "subjectId"), frequency);
    return context.body(null, 204);
  });
}

async function forget(subjectId: string, frequency: Pick<Frequency, "forget">): Promise<void> {
  try {
    await frequency.forget(subjectId);
  } catch (error) {
    const detail = "the subject's counters could not be reached; send the request again";
    throw new CodedError("counters_unavailable", "", detail, undefined, { cause: error });
  }
}
