// The environment, parsed once: what is wrong with it is named.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readBindings } from "../../functions/bindings.ts";

describe("the bindings", () => {
  it("are read from the environment of wrangler.toml", () => {
    expect(readBindings(env)).toMatchObject({ pointerTtlMs: 1000, artifactBucket: "selvedge-artifacts", publicOrigin: "" });
  });

  it.each([
    ["STORE_ENDPOINT", "not a url"],
    ["TRACKING_SECRET", undefined],
    ["TRACKING_SECRET", ""],
    ["SITE_KEY_SECRET", ""],
    ["SUBJECT_SECRET", undefined],
    ["SUBJECT_VIEWS", {}],
    ["POINTER_TTL_MS", "soon"],
    ["POINTER_TTL_MS", "0"],
    ["PUBLIC_ORIGIN", "edge.example"],
    ["EVENT_QUEUE", {}],
  ])("are refused where %s is %j", (name, value) => {
    expect(() => readBindings({ ...env, [name]: value })).toThrow(expect.objectContaining({ path: `env.${name}` }));
  });
});
