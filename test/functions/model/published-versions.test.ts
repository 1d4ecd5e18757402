// What was published under every version of the manifest scores as it did then.
import { describe, expect, it } from "vitest";
import { scoreCandidates } from "../../../functions/decision/scoring.ts";
import { createModelLoader } from "../../../functions/model/model.ts";
import plain from "../../../shared/scoring/kernel/scorer.wasm";
import relaxed from "../../../shared/scoring/kernel/scorer-relaxed.wasm";
import valid1 from "../../fixtures/artifacts/v1/valid.json" with { type: "json" };
import valid2 from "../../fixtures/artifacts/v2/valid.json" with { type: "json" };
import { bytesOf, storeOf } from "../../fixtures/store-of.ts";

const CONTEXT = { field0: "a", field1: "b" };
const CANDIDATES = [{ field2: "c", field3: "d" }, {}, { field2: "x" }];

/** The pointer's move, and the logits after it. Those of version 1 are what the code of its time gave; later code may round the last bit otherwise. */
const candidates = CANDIDATES.map((features) => ({ features }));
const PUBLISHED = [
  ["1", valid1, 0, [-1.1242772, -0.3238921, -0.7455573]],
  ["1", valid1, 1, [0.0263861, 0.6786478, 0.6024584]],
  ["2", valid2, 0, [-0.5264511, -0.9365395, 1.5678802]],
  ["2", valid2, 1, [2.7575846, 0.7005107, 0.8949063]],
] as const;

describe("a manifest of version", () => {
  it.each(PUBLISHED)("%s, before or after the pointer's move", async (_, fixture, move, logits) => {
    for (const kernel of [plain, relaxed]) {
      const store = await storeOf({ objects: fixture.objects });
      await store.put("channels/ad-click/stable.json", bytesOf(fixture.history[move]), null);
      const cache = { get: async () => null, put: async () => {} };
      const where = { reader: store, cache, publicKeys: fixture.publicKey, name: "ad-click", channel: "stable" } as const;
      const loader = createModelLoader({ ...where, kernel, ttlMs: 1000, firstLoadMs: 10_000, nowMs: () => 0 });
      const model = (await loader.get(() => {}))?.value ?? expect.fail(`${loader.lastFailure}`);
      const scores = scoreCandidates(model, CONTEXT, candidates, { known: false });
      expect([...(scores?.logits ?? [])]).toEqual(logits.map((logit) => expect.closeTo(logit, 6)));
    }
  });
});
