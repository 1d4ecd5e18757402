// What the platform takes for the input and output of a decision with caps, and for nothing else: a Hono app that reads the same body with
// the same schema, does as much of it as `?parts=` names, decides nothing, and echoes the body.
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono/tiny";
import { readJsonBody } from "../../../functions/routes/body.ts";
import { DecisionRequest } from "../../../shared/schemas/decisions.ts";

/** `RECORD_BYTES` and `RECORDS_PER_MESSAGE` of what the real Worker was seen to send. */
interface Environment {
  readonly SUBJECTS: DurableObjectNamespace<Subject>;
  readonly QUEUE: Queue<string>;
  readonly RECORD_BYTES: string;
  readonly RECORDS_PER_MESSAGE: string;
}

/** One small row: no cap is kept by an object that remembers nothing. A hold must outlive it, and what was shown of the hold too. */
export class Subject extends DurableObject<Environment> {
  hold(requestId: string, nowMs: number): string {
    this.ctx.storage.kv.put("hold", { requestId, nowMs });
    return requestId;
  }

  settle(requestId: string, nowMs: number): void {
    this.ctx.storage.kv.put("hold", { requestId, nowMs, settled: true });
  }
}

const TOKEN = new Uint8Array(400);
const tokenKey = crypto.subtle.importKey("raw", new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

async function signToken(): Promise<ArrayBuffer> {
  return crypto.subtle.sign("HMAC", await tokenKey, TOKEN);
}

let recordCount = 0;

/** Records share messages here as they do there. */
async function sendRecord({ QUEUE, RECORD_BYTES, RECORDS_PER_MESSAGE }: Environment): Promise<void> {
  const recordsPerMessage = Number(RECORDS_PER_MESSAGE);
  if (++recordCount % recordsPerMessage > 0) return;
  await QUEUE.send("x".repeat(Number(RECORD_BYTES) * recordsPerMessage), { contentType: "text" });
}

const app = new Hono<{ Bindings: Environment }>().post("/v1/decisions", async (context) => {
  const request = await readJsonBody(context, DecisionRequest);
  const parts = new Set(context.req.query("parts")?.split(","));
  const { env, executionCtx } = context;
  const requestId = crypto.randomUUID();
  const subject = () => env.SUBJECTS.getByName(request.subjectId ?? "");
  if (parts.has("hold")) await subject().hold(requestId, Date.now());
  if (parts.has("tokens")) await Promise.all(request.placements.map(signToken));
  if (parts.has("settle")) executionCtx.waitUntil(subject().settle(requestId, Date.now()));
  if (parts.has("message")) executionCtx.waitUntil(sendRecord(env));
  return context.json(request);
});

export default { fetch: app.fetch };
