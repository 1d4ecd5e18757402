// Request body -> parsed value. Everything that can be wrong with a body is found here, before a route sees it.
import type { Context } from "hono";
import type * as v from "valibot";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";

/** Largest body. 500 candidates of 20 features each are about a third of it. */
export const MAX_BODY_BYTES = 1_000_000;

/** Up to here a sender may finish a body that is too large: it would see a broken connection instead of the answer. */
const MAX_DRAINED_BYTES = 16_000_000;

/** Parses a JSON body, or throws a `CodedError`: `content_type_unsupported`, `body_too_large`, `json_malformed`, or the schema's. */
export async function readJsonBody<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
  contentTypes: readonly string[] = ["application/json"],
  maxBytes = MAX_BODY_BYTES,
): Promise<v.InferOutput<Schema>> {
  const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === undefined || !contentTypes.includes(type)) {
    throw new CodedError("content_type_unsupported", "", `send JSON with the header content-type: ${contentTypes.join(" or ")}`);
  }
  return parse(schema, parseJson(await readText(context.req.raw, maxBytes)));
}

/**
 * The body as text. What is too long, or does not say how long it is, is read piece by piece: too much is read on without being kept,
 * so that its sender hears why. HTTP lets nobody send more than `content-length` says.
 */
export async function readText(request: Request, maxBytes = MAX_BODY_BYTES): Promise<string> {
  const sizeBytes = Number(request.headers.get("content-length") ?? Number.NaN);
  return sizeBytes <= maxBytes ? request.text() : readPieces(request, maxBytes);
}

async function readPieces(request: Request, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= maxBytes) text += decoder.decode(chunk, { stream: true });
    if (sizeBytes > MAX_DRAINED_BYTES) break;
  }
  if (sizeBytes <= maxBytes) return text + decoder.decode();
  throw new CodedError("body_too_large", "", `send at most ${maxBytes} bytes; split the call into several`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CodedError("json_malformed", "", `the body is not JSON: ${(error as SyntaxError).message}`); // all that JSON.parse throws
  }
}
