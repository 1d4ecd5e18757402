// The simulated log is production's log: parsed by the same schema, under the same keys, and the truth beside it fits.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventKey } from "../../../shared/artifact/keys.ts";
import { Catalog } from "../../../shared/catalog/catalog.ts";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Event } from "../../../shared/schemas/events.ts";
import { unpackDoubles } from "../../../shared/schemas/packed-numbers.ts";
import { adClick } from "../../../shared/tasks/ad-click.ts";
import { catalogFor } from "../../../training/simulate/catalog.ts";
import type { TruthRow } from "../../../training/simulate/event-log.ts";
import { simulatedExamples } from "../../../training/simulate/examples.ts";
import { createMarket } from "../../../training/simulate/market.ts";
import { summarize } from "../../../training/simulate/summary.ts";
import { writeLog } from "../../../training/simulate/write-log.ts";

const market = createMarket(1);
const crowd = { market, crowd: 1, visitorCount: 400, firstMs: Date.UTC(2026, 0, 5), days: 2, policy: "random" } as const;
let directory: string;
let truth: TruthRow[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "selvedge-log-"));
  truth = await writeLog(crowd, directory);
});
afterAll(() => rm(directory, { recursive: true }));

async function readBatches(from: string): Promise<Map<string, Event[]>> {
  const names = (await readdir(from, { recursive: true })).filter(
    (name) => name.startsWith("events/") && name.endsWith(".ndjson"),
  );
  const batches = names.sort().map(async (name): Promise<[string, Event[]]> => {
    const lines = (await readFile(join(from, name), "utf8")).trimEnd().split("\n");
    return [name, lines.map((line) => parse(Event, JSON.parse(line)))];
  });
  return new Map(await Promise.all(batches));
}

describe("the written log", () => {
  it("keeps every event once, under the hour in which it happened", async () => {
    const batches = await readBatches(directory);
    for (const [name, events] of batches) {
      const batchId = name.slice(name.lastIndexOf("/") + 1).replace(".ndjson", "");
      for (const { timeMs } of events) expect(eventKey(timeMs, batchId)).toBe(name);
    }
    const events = [...batches.values()].flat();
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const count = (type: Event["type"]) => events.filter((event) => event.type === type).length;
    expect(count("decision")).toBe(400);
    expect(count("impression")).toBe(truth.filter(({ rendered }) => rendered).length);
    expect(count("click")).toBe(truth.filter(({ clicked }) => clicked).length);
    expect(count("impression")).toBeLessThan(400 * 4);
    expect(count("click")).toBeGreaterThan(40);
  });

  it("is the same bytes for the same seed", async () => {
    const again = await mkdtemp(join(tmpdir(), "selvedge-log-"));
    await writeLog(crowd, again);
    expect(await readBatches(again)).toEqual(await readBatches(directory));
    expect(await readFile(join(again, "truth.ndjson"))).toEqual(await readFile(join(directory, "truth.ndjson")));
    await rm(again, { recursive: true });
  });

  it("gives propensities that sum to 1, and features for the chosen creative alone", async () => {
    for (const event of [...(await readBatches(directory)).values()].flat()) {
      if (event.type !== "decision") continue;
      expect(event.placements).toHaveLength(4);
      for (const { tiers, slots } of event.placements) {
        const propensities = [...(unpackDoubles(slots[0]?.propensities ?? "") ?? [])];
        expect(propensities.reduce((sum, propensity) => sum + propensity, 0)).toBeCloseTo(1, 12);
        expect(propensities).toHaveLength(tiers[0]?.creativeIds.length ?? 0);
        expect(slots[0]?.features).toMatchObject({ creativeId: slots[0]?.creativeId });
      }
    }
  });
});

describe("the truth", () => {
  it("has the same ceiling as the examples in memory", () => {
    const examples = [...simulatedExamples(crowd)];
    const seen = truth.filter(({ rendered }) => rendered);
    expect(examples.map(({ clickProbability }) => clickProbability)).toEqual(
      seen.map(({ clickProbability }) => clickProbability),
    );
    expect(examples.map(({ record }) => record.click)).toEqual(seen.map(({ clicked }) => Number(clicked)));
  });

  it("says that the best policy has no regret", async () => {
    const best = await mkdtemp(join(tmpdir(), "selvedge-log-"));
    const summary = summarize(await writeLog({ ...crowd, policy: "best" }, best));
    expect(summary.policyRate).toBe(summary.bestRate);
    expect(summarize(truth).policyRate).toBeLessThan(summary.bestRate);
    await rm(best, { recursive: true });
  });

  it("computes the ceiling as the share of click and non-click pairs that the true probabilities order rightly", () => {
    const seen = truth.filter(({ rendered }) => rendered);
    let [won, pairs] = [0, 0];
    for (const clicked of seen.filter((row) => row.clicked)) {
      for (const other of seen.filter((row) => !row.clicked)) {
        pairs++;
        won += (Math.sign(clicked.clickProbability - other.clickProbability) + 1) / 2;
      }
    }
    expect(summarize(truth).aucCeiling).toBeCloseTo(won / pairs, 12);
  });
});

it("the catalog is valid, and examples have every field of the task", () => {
  const catalog = catalogFor(market, { name: "greedy" });
  expect(parse(Catalog, catalog)).toEqual(catalog);
  const names = new Set([...simulatedExamples({ ...crowd, visitorCount: 50 })].flatMap(({ record }) => Object.keys(record)));
  for (const name of [...adClick.fields.map((field) => field.name), adClick.label, adClick.time]) expect(names).toContain(name);
});
