// The pool keeps what serves, however many names are asked for.
import { describe, expect, it } from "vitest";
import type { ChannelLoader } from "../../../functions/model/channel-loader.ts";
import { createLoaderPool, MAX_LOADERS } from "../../../functions/model/loader-pool.ts";

function createPool(published: readonly string[]) {
  const made: string[] = [];
  const pool = createLoaderPool<string>((name, channel): ChannelLoader<string> => {
    made.push(`${name}/${channel}`);
    const current = published.includes(name) ? { value: name, version: "v", sequence: 1, loadedMs: 0 } : null;
    return { current, lastFailure: current ? null : "pointer_missing", get: async () => current };
  });
  return { pool, made };
}

describe("a loader pool", () => {
  it("makes a loader once for each name and channel", () => {
    const { pool, made } = createPool([]);
    expect(pool.loaderOf("a", "stable")).toBe(pool.loaderOf("a", "stable"));
    pool.loaderOf("a", "canary");
    expect(made).toEqual(["a/stable", "a/canary"]);
  });

  it("is bounded, and gives up what never loaded before what serves", () => {
    const { pool, made } = createPool(["served"]);
    pool.loaderOf("served", "stable");
    for (let index = 0; index < 1000; index++) pool.loaderOf(`guess-${index}`, "stable");
    expect(pool.list()).toHaveLength(MAX_LOADERS);
    pool.loaderOf("served", "stable");
    expect(made.filter((name) => name === "served/stable")).toHaveLength(1);
  });

  it("gives up the longest unused where all of them serve", () => {
    const names = Array.from({ length: MAX_LOADERS + 1 }, (_, index) => `task-${index}`);
    const { pool } = createPool(names);
    for (const name of names.slice(0, -1)) pool.loaderOf(name, "stable");
    pool.loaderOf("task-0", "stable");
    pool.loaderOf(names.at(-1) ?? "", "stable");
    const kept = pool.list().map(({ name }) => name);
    expect(kept).toContain("task-0");
    expect(kept).not.toContain("task-1");
  });
});
