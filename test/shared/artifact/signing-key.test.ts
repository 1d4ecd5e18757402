// A private key as text, in both runtimes: the same key, with the public half that belongs to it.
import { describe, expect, it } from "vitest";
import { openEnvelope, signEnvelope } from "../../../shared/artifact/envelope.ts";
import { importSigningKey } from "../../../shared/artifact/signing-key.ts";
import { PUBLIC_KEYS, testKeys } from "../../signing-keys.ts";

const TYPE = "application/vnd.selvedge.pointer+json";

describe("importSigningKey", () => {
  it("takes PEM and bare base64, and knows the public half", async () => {
    const { pem, signing, trusted } = await testKeys("first");
    for (const text of [pem, pem.replaceAll(/-----[^-]+-----|\n/g, "")]) {
      const imported = await importSigningKey(text, "SIGNING_KEY");
      expect([imported.publicKey, imported.signing.keyId]).toEqual([PUBLIC_KEYS.first, signing.keyId]);
      expect(await openEnvelope(TYPE, await signEnvelope(TYPE, { a: 1 }, imported.signing), trusted)).toEqual({ a: 1 });
    }
  });

  it.each(["", "hello", "AAAA", "-----BEGIN PRIVATE KEY-----"])("refuses '%s' by the name of where it stood", async (text) => {
    await expect(importSigningKey(text, "env.SIGNING_KEY")).rejects.toMatchObject({
      code: "key_malformed",
      path: "env.SIGNING_KEY",
    });
  });
});
