// Two fixed Ed25519 key pairs, those of RFC 8032, section 7.1, tests 1 and 2, for signatures that never change.
import { importPublicKeys, keyIdOf, type SigningKey, type TrustedKeys } from "../shared/artifact/envelope.ts";

const SECRETS = {
  first: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  second: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
};

/** Raw public keys in base64, as PUBLIC_KEYS lists them. */
export const PUBLIC_KEYS = {
  first: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
  second: "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=",
};

/** What precedes the 32 bytes of an Ed25519 secret in PKCS #8 (RFC 8410). */
const PKCS8_PREFIX = "302e020100300506032b657004220420";

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export interface TestKeys {
  readonly signing: SigningKey;
  readonly publicKey: string;
  readonly pem: string;
  readonly trusted: TrustedKeys;
}

export async function testKeys(which: "first" | "second"): Promise<TestKeys> {
  const publicKey = PUBLIC_KEYS[which];
  const der = fromHex(PKCS8_PREFIX + SECRETS[which]);
  const privateKey = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
  const pem = `-----BEGIN PRIVATE KEY-----\n${btoa(String.fromCharCode(...der))}\n-----END PRIVATE KEY-----\n`;
  const keyId = await keyIdOf(Uint8Array.from(atob(publicKey), (character) => character.charCodeAt(0)));
  return { signing: { keyId, privateKey }, publicKey, pem, trusted: await importPublicKeys(publicKey) };
}
