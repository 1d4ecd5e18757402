// Verified reads: a pointer only of its own place, an object only with its own hash.
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../../shared/artifact/envelope.ts";
import { objectKey, pointerKey } from "../../../shared/artifact/keys.ts";
import { readImmutable, readPointer } from "../../../shared/artifact/read-published.ts";
import valid from "../../fixtures/artifacts/v1/valid.json" with { type: "json" };
import { storeOf } from "../../fixtures/store-of.ts";
import { MemoryStore } from "../../memory-store.ts";
import { testKeys } from "../../signing-keys.ts";

describe("readPointer", () => {
  it("reads a pointer with its etag, and null where there is none", async () => {
    const { trusted } = await testKeys("first");
    const state = await readPointer(await storeOf(valid), trusted, "ad-click", "stable");
    expect(state).toMatchObject({ pointer: { name: "ad-click", channel: "stable", sequence: 2 }, etag: expect.any(String) });
    expect(await readPointer(new MemoryStore(), trusted, "ad-click", "stable")).toBeNull();
  });

  it("refuses a good pointer of another channel", async () => {
    const { trusted } = await testKeys("first");
    const store = await storeOf(valid);
    const stable = await store.get(pointerKey("ad-click", "stable"));
    await store.put(pointerKey("ad-click", "canary"), stable?.bytes ?? new Uint8Array(), null);
    await expect(readPointer(store, trusted, "ad-click", "canary")).rejects.toMatchObject({ code: "pointer_misplaced" });
  });
});

describe("readImmutable", () => {
  it("names what is missing and what is damaged", async () => {
    const store = new MemoryStore();
    const bytes = Uint8Array.of(1, 2, 3);
    const sha256 = await sha256Hex(bytes);
    const key = objectKey(sha256);
    await expect(readImmutable(store, key, sha256, "weights")).rejects.toMatchObject({ code: "weights_missing", path: key });
    await store.put(key, bytes, null);
    expect(await readImmutable(store, key, sha256, "weights")).toEqual(bytes);
    await store.put(key, bytes.subarray(1), null);
    await expect(readImmutable(store, key, sha256, "document")).rejects.toMatchObject({ code: "document_hash_mismatch" });
  });
});
