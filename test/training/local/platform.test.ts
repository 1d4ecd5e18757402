// The embedded platform: a store that persists, and the real Worker beside it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARTIFACT_BUCKET, type Platform, startPlatform } from "../../../training/local/platform.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";

let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "selvedge-platform-"));
});
afterAll(() => rm(stateDir, { recursive: true }));

const storeOf = ({ storeEndpoint: endpoint, credentials }: Platform) =>
  createS3Store({ endpoint, region: "auto", credentials }, ARTIFACT_BUCKET);

async function withPlatform<T>(
  options: Parameters<typeof startPlatform>[0],
  work: (platform: Platform) => Promise<T>,
): Promise<T> {
  const platform = await startPlatform(options);
  try {
    return await work(platform);
  } finally {
    await platform.dispose();
  }
}

describe("startPlatform", () => {
  it("keeps objects in the state folder, and forgets them without one", async () => {
    const options = { port: null, workerVars: null };
    const put = (platform: Platform) => storeOf(platform).put("a", Uint8Array.of(7), null);
    const get = (platform: Platform) => storeOf(platform).get("a");
    await withPlatform({ ...options, stateDir }, put);
    expect((await withPlatform({ ...options, stateDir }, get))?.bytes).toEqual(Uint8Array.of(7));
    await withPlatform({ ...options, stateDir: null }, put);
    expect(await withPlatform({ ...options, stateDir: null }, get)).toBeNull();
  });

  it("applies migrations once, and keeps what was edited in the state folder", { timeout: 60_000 }, async () => {
    const options = { port: null, stateDir, workerVars: { PUBLIC_KEYS: "" } };
    const headers = { authorization: "Bearer local-admin", "content-type": "application/json" };
    const site = { id: "news", domain: "news.example" };
    const path = "/admin/v1/sites/news";
    const create = { method: "PUT", headers: { ...headers, "if-none-match": "*" }, body: JSON.stringify(site) };
    expect(await withPlatform(options, async ({ origin }) => (await fetch(origin + path, create)).status)).toBe(201);
    expect(await withPlatform(options, async ({ origin }) => (await fetch(origin + path, { headers })).json())).toEqual(site);
  });

  it("serves the real Worker on the store's origin, two of them side by side", async () => {
    const options = { port: null, stateDir: null, workerVars: { PUBLIC_KEYS: "" } };
    await withPlatform(options, (one) =>
      withPlatform(options, async (other) => {
        expect(one.origin).not.toBe(other.origin);
        for (const { origin } of [one, other]) expect((await fetch(`${origin}/healthz`)).status).toBe(200);
        expect(one.storeEndpoint.startsWith(`${one.origin}/`)).toBe(true);
      }),
    );
  });
});
