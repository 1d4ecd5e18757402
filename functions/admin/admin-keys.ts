// Who may edit: keys that are known by their SHA-256 only, each with the name of the one it was given to.
import { sha256Hex } from "../../shared/artifact/envelope.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";

const ENTRY = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([0-9a-f]{64})$/;

/**
 * The name of the key's owner. A key is a long random text, so one round of SHA-256 is enough; all hashes are compared, each in
 * constant time. Throws `CodedError`: `admin_key_missing`, `admin_key_wrong`, `admin_unavailable` where ADMIN_KEYS itself is wrong.
 *
 * @param authorization the header: `Bearer KEY`
 * @param adminKeys ADMIN_KEYS: `name:hash,name:hash`
 */
export async function authenticate(authorization: string | undefined, adminKeys: string): Promise<string> {
  const key = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (key === undefined) {
    throw new CodedError("admin_key_missing", "authorization", "send the header authorization: Bearer YOUR-ADMIN-KEY");
  }
  const hash = utf8.encode(await sha256Hex(utf8.encode(key)));
  let actor: string | null = null;
  for (const [name, expected] of parseKeys(adminKeys)) {
    if (crypto.subtle.timingSafeEqual(hash, utf8.encode(expected))) actor = name;
  }
  if (actor === null) throw new CodedError("admin_key_wrong", "authorization", "this key is not one of ADMIN_KEYS");
  return actor;
}

const utf8 = new TextEncoder();

function parseKeys(text: string): [name: string, hash: string][] {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return entries.map((entry, index) => {
    const [, name, hash] = ENTRY.exec(entry) ?? [];
    if (name !== undefined && hash !== undefined) return [name, hash];
    const detail = "expected name:hash, the hash being 64 lower-case hex digits of the key's SHA-256";
    throw new CodedError("admin_unavailable", `env.ADMIN_KEYS[${index}]`, detail);
  });
}
