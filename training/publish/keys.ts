// The publisher's Ed25519 key pair: private.pem (PKCS #8, readable by its owner only) and public.txt (base64 of the raw key).
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { importPublicKeys, type SigningKey, type TrustedKeys } from "../../shared/artifact/envelope.ts";
import { importSigningKey } from "../../shared/artifact/signing-key.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { StoreConfig } from "./store-config.ts";

/** What a publisher needs: a key to sign with, and the keys by which it trusts what was published before. */
export interface KeyPair {
  readonly signing: SigningKey;
  /** Base64 of the raw public key: what the Worker's PUBLIC_KEYS lists. */
  readonly publicKey: string;
  /** The private key's text: what a Worker that publishes has as SIGNING_KEY. */
  readonly pem: string;
  readonly trusted: TrustedKeys;
}

/** Writes a new key pair into a folder and answers the private key's file. Throws `key_exists` rather than replace one. */
export async function generateKeys(folder: string, fileName = "private.pem"): Promise<string> {
  const privateKeyFile = join(folder, fileName);
  if (existsSync(privateKeyFile)) {
    throw new CodedError(
      "key_exists",
      privateKeyFile,
      "a key is already there; without it, nothing that it signed can be replaced",
    );
  }
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  const { publicKey } = await keyPairOf(String(pem), privateKeyFile);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(privateKeyFile, pem, { mode: 0o600, flag: "wx" });
  await writeFile(join(folder, "public.txt"), `${publicKey}\n`);
  return privateKeyFile;
}

type KeySettings = Pick<StoreConfig, "privateKeyFile" | "privateKey" | "publicKeys">;

/** Reads the publisher's key pair. Throws `CodedError`: `key_missing`, `key_malformed`, `public_key_malformed`. */
export async function readKeys({ privateKeyFile, privateKey, publicKeys }: KeySettings): Promise<KeyPair> {
  if (privateKey !== null) return keyPairOf(privateKey, "SELVEDGE_PRIVATE_KEY", publicKeys);
  const pem = await readFile(privateKeyFile, "utf8").catch((cause: unknown) => {
    const detail = `no private key there; make one with: npm run artifact -- keygen --out ${dirname(privateKeyFile)}`;
    throw new CodedError("key_missing", privateKeyFile, detail, undefined, { cause });
  });
  return keyPairOf(pem, privateKeyFile, publicKeys);
}

/** The local publisher's keys, made on the first call. */
export async function readOrGenerateKeys(settings: KeySettings): Promise<KeyPair> {
  const { privateKey, privateKeyFile } = settings;
  if (privateKey === null && !existsSync(privateKeyFile)) await generateKeys(dirname(privateKeyFile), basename(privateKeyFile));
  return readKeys(settings);
}

async function keyPairOf(pem: string, source: string, alsoTrusted = ""): Promise<KeyPair> {
  const { signing, publicKey } = await importSigningKey(pem, source);
  return { signing, publicKey, pem, trusted: await importPublicKeys(`${publicKey},${alsoTrusted}`) };
}
