// Issues the key of a site, as the Worker will verify it.
import { importHmacKey } from "../../shared/access/signed-text.ts";
import { issueSiteKey } from "../../shared/access/site-key.ts";
import { Id } from "../../shared/catalog/parts.ts";
import { CodedError, parse } from "../../shared/schemas/coded-error.ts";

const DAY_MS = 24 * 3_600_000;

/** `days` null never expires. Throws `CodedError`: `invalid_format` for what is no id, `site_key_secret_missing`. */
export async function issueKey(site: string, days: number | null, secret: string | null, nowMs: number): Promise<string> {
  const siteId = parse(Id, site, "site");
  if (secret === null) {
    const detail = "set it to what the Worker has as SITE_KEY_SECRET: keys under another secret open nothing";
    throw new CodedError("site_key_secret_missing", "SELVEDGE_SITE_KEY_SECRET", detail);
  }
  const claims = { siteId, issuedMs: nowMs, expiresMs: days === null ? null : nowMs + days * DAY_MS };
  return issueSiteKey(claims, await importHmacKey(secret));
}
