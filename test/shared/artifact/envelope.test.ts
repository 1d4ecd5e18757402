// Envelopes: what another implementation signed opens here, and nothing that was changed does.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase64 } from "../../../shared/artifact/base64.ts";
import { importPublicKeys, openEnvelope, sha256Hex, signEnvelope } from "../../../shared/artifact/envelope.ts";
import { PUBLIC_KEYS, testKeys } from "../../signing-keys.ts";
import vectors from "../../vectors/artifact.json" with { type: "json" };

const POINTER = "application/vnd.selvedge.pointer+json";
const MANIFEST = "application/vnd.selvedge.manifest+json";
const bytesOf = (text: string) => new TextEncoder().encode(text);
const golden = vectors.envelope;

describe("envelope", () => {
  it("opens and makes the very bytes that Python signs", async () => {
    const keys = await testKeys("first");
    expect(await openEnvelope(POINTER, bytesOf(golden.text), keys.trusted)).toEqual(golden.payload);
    expect(new TextDecoder().decode(await signEnvelope(POINTER, golden.payload, keys.signing))).toBe(golden.text);
  });

  it("opens what was signed, of any size", async () => {
    const keys = await testKeys("first");
    const payload = { vocabulary: Array.from({ length: 20_000 }, (_, i) => `word${i} ä€😀`) };
    expect(await openEnvelope(MANIFEST, await signEnvelope(MANIFEST, payload, keys.signing), keys.trusted)).toEqual(payload);
  });

  it("names a key that is not trusted, a changed payload, and the wrong kind of document", async () => {
    const keys = await testKeys("first");
    const others = await testKeys("second");
    const changed = golden.text.replace("eyJu", "eyJv");
    await expect(openEnvelope(POINTER, bytesOf(golden.text), others.trusted)).rejects.toMatchObject({
      code: "signature_unknown_key",
    });
    await expect(openEnvelope(POINTER, bytesOf(changed), keys.trusted)).rejects.toMatchObject({ code: "signature_invalid" });
    await expect(openEnvelope(MANIFEST, bytesOf(golden.text), keys.trusted)).rejects.toMatchObject({
      code: "payload_type_wrong",
    });
  });

  it("does not let another type be written over a signature", async () => {
    const { trusted } = await testKeys("first");
    const renamed = golden.text.replace(POINTER, MANIFEST);
    await expect(openEnvelope(MANIFEST, bytesOf(renamed), trusted)).rejects.toMatchObject({ code: "signature_invalid" });
  });

  it("takes one good signature among unknown and bad ones", async () => {
    const { trusted } = await testKeys("first");
    const envelope = JSON.parse(golden.text) as { signatures: { keyid: string; sig: string }[] }; // the vector above
    const [good] = envelope.signatures;
    envelope.signatures = [{ keyid: "unknown", sig: "AA==" }, { keyid: good?.keyid ?? "", sig: "AA==" }, ...envelope.signatures];
    expect(await openEnvelope(POINTER, bytesOf(JSON.stringify(envelope)), trusted)).toEqual(golden.payload);
  });

  it.each([
    ["nothing", ""],
    ["other JSON", "{}"],
    ["no signature", JSON.stringify({ payload: "", payloadType: POINTER, signatures: [] })],
    [
      "a payload that is not base64",
      JSON.stringify({ payload: "&", payloadType: POINTER, signatures: [{ keyid: "a", sig: "" }] }),
    ],
    ["a cut-off document", golden.text.slice(0, 100)],
  ])("refuses %s", async (_, text) => {
    const { trusted } = await testKeys("first");
    await expect(openEnvelope(POINTER, bytesOf(text), trusted)).rejects.toMatchObject({ code: "envelope_malformed" });
  });

  it("opens no envelope of which a byte was changed, unless the payload is still the same", async () => {
    const { trusted } = await testKeys("first");
    const bytes = bytesOf(golden.text);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, to) => {
        const damaged = bytes.slice();
        damaged[at] = to;
        const opened = await openEnvelope(POINTER, damaged, trusted).catch((error: { code?: string }) => error);
        const isCoded = typeof (opened as { code?: string }).code === "string"; // a CodedError, or the payload
        expect(isCoded || JSON.stringify(opened) === JSON.stringify(golden.payload)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("reads lists of public keys, and says which entry is none", async () => {
    const both = `${PUBLIC_KEYS.first}, ${PUBLIC_KEYS.second}`;
    expect([...(await importPublicKeys(both)).keys()]).toEqual(["21fe31dfa154a261", "39f713d0a644253f"]);
    expect((await importPublicKeys("")).size).toBe(0);
    const short = encodeBase64(new Uint8Array(31));
    await expect(importPublicKeys(`${PUBLIC_KEYS.first},${short}`)).rejects.toMatchObject({
      code: "public_key_malformed",
      path: "PUBLIC_KEYS[1]",
    });
  });

  it("hashes like everybody", async () => {
    expect(await sha256Hex(new Uint8Array())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});
