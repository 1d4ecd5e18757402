// What every store must do, the same for each: run it with a way to make an empty bucket's worth of keys.
import { describe, expect, it } from "vitest";
import type { ObjectStore } from "../shared/artifact/store.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** @param create a store whose keys under `prefix` nobody else uses */
export function conformsToStore(
  name: string,
  create: () => Promise<{ store: Pick<ObjectStore, "get" | "put">; prefix: string }>,
): void {
  describe(`${name} as a store`, () => {
    it("answers null for what is not there", async () => {
      const { store, prefix } = await create();
      expect(await store.get(`${prefix}nothing`)).toBeNull();
    });

    it("gives back the bytes that were written, empty and large ones too", async () => {
      const { store, prefix } = await create();
      const large = Uint8Array.from({ length: 1_000_001 }, (_, i) => i * 31);
      for (const [key, bytes] of [
        ["empty", new Uint8Array()],
        ["small", bytesOf("edge")],
        ["large", large],
      ] as const) {
        expect(await store.put(prefix + key, bytes, null)).toBe(true);
        const stored = await store.get(prefix + key);
        expect(stored?.bytes.length).toBe(bytes.length);
        expect(stored?.bytes.every((byte, i) => byte === bytes[i])).toBe(true);
      }
    });

    it("takes keys with any characters that S3 signs encoded", async () => {
      const { store, prefix } = await create();
      const key = `${prefix}date=2026-11-23/hour=07/ä b+c(d)!*'~.json`;
      await store.put(key, bytesOf("x"), null);
      expect((await store.get(key))?.bytes).toEqual(bytesOf("x"));
    });

    it("overwrites without a condition, and the etag changes with the bytes", async () => {
      const { store, prefix } = await create();
      await store.put(`${prefix}a`, bytesOf("1"), null);
      const first = await store.get(`${prefix}a`);
      expect(await store.put(`${prefix}a`, bytesOf("2"), null)).toBe(true);
      const second = await store.get(`${prefix}a`);
      expect(second?.bytes).toEqual(bytesOf("2"));
      expect(second?.etag).not.toBe(first?.etag);
    });

    it("creates only where nothing is", async () => {
      const { store, prefix } = await create();
      expect(await store.put(`${prefix}a`, bytesOf("1"), { ifNoneMatch: true })).toBe(true);
      expect(await store.put(`${prefix}a`, bytesOf("2"), { ifNoneMatch: true })).toBe(false);
      expect((await store.get(`${prefix}a`))?.bytes).toEqual(bytesOf("1"));
    });

    it("replaces only the version that is quoted", async () => {
      const { store, prefix } = await create();
      await store.put(`${prefix}a`, bytesOf("1"), null);
      const etag = (await store.get(`${prefix}a`))?.etag ?? "";
      expect(await store.put(`${prefix}a`, bytesOf("2"), { ifMatch: etag })).toBe(true);
      expect(await store.put(`${prefix}a`, bytesOf("3"), { ifMatch: etag })).toBe(false);
      expect(await store.put(`${prefix}gone`, bytesOf("3"), { ifMatch: etag })).toBe(false);
      expect((await store.get(`${prefix}a`))?.bytes).toEqual(bytesOf("2"));
    });

    it("lets exactly one of 16 racing writers create, and one replace", async () => {
      const { store, prefix } = await create();
      const race = async (condition: { ifNoneMatch: true } | { ifMatch: string }) => {
        const writers = Array.from({ length: 16 }, (_, i) =>
          store.put(`${prefix}race`, bytesOf(`${JSON.stringify(condition)} ${i}`), condition),
        );
        return (await Promise.all(writers)).filter(Boolean).length;
      };
      expect(await race({ ifNoneMatch: true })).toBe(1);
      expect(await race({ ifMatch: (await store.get(`${prefix}race`))?.etag ?? "" })).toBe(1);
    });
  });
}

/** What publishers need besides. A store that lists in pages is given with pages of 10. */
export function listsKeys(name: string, create: () => Promise<{ store: ObjectStore; prefix: string }>): void {
  describe(`${name} as a list`, () => {
    it("lists the keys under a prefix in order, more than one page of them", async () => {
      const { store, prefix } = await create();
      const keys = Array.from({ length: 25 }, (_, i) => `${prefix}page/${String(i).padStart(2, "0")}`);
      for (const key of keys.toReversed()) await store.put(key, bytesOf("x"), null);
      await store.put(`${prefix}pager`, bytesOf("x"), null);
      expect(await store.list(`${prefix}page/`)).toEqual(keys);
      expect(await store.list(`${prefix}none/`)).toEqual([]);
    });
  });
}
