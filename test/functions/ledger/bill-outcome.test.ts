// Clicks and conversions over whole requests: what a reader does is charged once, as it was priced, and never above the budget.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readBindings } from "../../../functions/bindings.ts";
import { LEDGER_RULES } from "../../../functions/ledger/book.ts";
import type { Catalog } from "../../../shared/catalog/catalog.ts";
import { creativeOf, FLIGHT, SIZE, smallCatalog } from "../../small-catalog.ts";
import { catalogWith, exampleModel } from "../decision/example-market.ts";
import { createEdge, creativesOf, type Edge, NOW_MS, pass, pathOf } from "../edge.ts";
import { createManualClock } from "./manual-clock.ts";

const { campaignLedger } = readBindings(env);
const spentOf = async (campaignId: string) => (await campaignLedger.getByName(campaignId).read()).accounts.money?.spent ?? 0;

/** A campaign of a dollar whose clicks or conversions cost 40 cents; one in two readers is expected to click. */
function sold(id: string, model: "cpc" | "cpa"): Catalog {
  const budget = { totalMicros: 1_000_000, dailyMicros: null, pacing: "as-fast-as-possible" as const };
  return smallCatalog({
    conversionTask: model === "cpa" ? "ad-purchase" : null,
    campaigns: [{ id, advertiserId: "advertiser", status: "active", budget }],
    flights: [{ ...FLIGHT, campaignId: id, price: { model, bidMicros: 400_000 } }],
    creatives: [creativeOf("c0", { landingUrl: "https://shop.example/?ad={clickToken}" })],
    placements: [{ id: "top", sizes: [SIZE] }],
  });
}

function createShop(id: string, model: "cpc" | "cpa") {
  const clock = createManualClock(NOW_MS);
  const likely = exampleModel({ c0: 2 }); // logit 0
  const edge = createEdge({ catalog: catalogWith(sold(id, model)), clock, model: likely, conversionModel: likely });
  const show = () => edge.decide({ placements: [{ id: "top" }] });
  /** Requests until nothing is shown: what holds for clicks that may come leave of the budget. */
  const showAll = async () => {
    const clickUrls: string[] = [];
    for (let asked = 0; asked < 10; asked++) {
      for (const { creatives } of (await show()).placements) clickUrls.push(...creatives.map(({ clickUrl }) => clickUrl));
    }
    return clickUrls;
  };
  return { clock, edge, show, showAll, pass: (ms: number) => pass(ms, clock, [edge]) };
}

async function click(edge: Edge, url: string | undefined): Promise<string> {
  const response = await edge.ask(pathOf(url));
  expect(response.status).toBe(302);
  return response.headers.get("location") ?? "";
}

const charges = ({ metrics }: Edge) =>
  Object.fromEntries(
    [...metrics.render().matchAll(/selvedge_charges_total\{outcome="(\w+)"\} (\d+)/g)].map(([, key, count]) => [
      key,
      Number(count),
    ]),
  );

describe("clicks of a campaign that pays for them", () => {
  it("hold what they are expected to cost when their ads are served, and no more is shown than the budget bears", async () => {
    const { showAll, clock, edge } = createShop("shop-held", "cpc");
    expect(await showAll()).toHaveLength(4); // 20 cents each, and 40 must be left
    await clock.advance(30_000);
    await edge.settle();
    expect(await spentOf("shop-held")).toBe(0);
  });

  it("are charged once each at the price of the answer, whoever repeats them", async () => {
    const { show, edge, pass } = createShop("shop-clicked", "cpc");
    const [creative] = (await show()).placements.flatMap(({ creatives }) => creatives);
    expect(creative?.price).toEqual({ model: "cpc", micros: 400_000 });
    await click(edge, creative?.clickUrl);
    await pass(30_000);
    expect(await spentOf("shop-clicked")).toBe(400_000);
    await Promise.all(Array.from({ length: 20 }, () => click(edge, creative?.clickUrl)));
    await edge.ask(pathOf(creative?.impressionUrl));
    await pass(30_000);
    expect(await spentOf("shop-clicked")).toBe(400_000);
    expect(charges(edge)).toEqual({ billed: 1, duplicate: 20 });
  });

  it("are never charged above the budget: what comes late is charged in part, then counted as unbilled", async () => {
    const { showAll, edge, pass } = createShop("shop-late", "cpc");
    const clickUrls = await showAll();
    await pass(LEDGER_RULES.holdMs + 60_000); // nobody clicked: the holds have lapsed
    clickUrls.push(...(await showAll()));
    expect(clickUrls.length).toBeGreaterThan(5);
    await Promise.all(clickUrls.map((url) => click(edge, url)));
    await pass(30_000);
    expect(await spentOf("shop-late")).toBe(1_000_000);
    expect(charges(edge)).toEqual({ billed: 2, partly_billed: 1, outcome_unbilled: clickUrls.length - 3 });
    expect(creativesOf(await edge.decide({ placements: [{ id: "top" }] }))).toEqual([]);
  });
});

describe("conversions of a campaign that pays for them", () => {
  it("are charged by the token that the click gave the landing page, once each; the click itself costs nothing", async () => {
    const { show, edge, pass } = createShop("shop-bought", "cpa");
    const [creative] = (await show()).placements.flatMap(({ creatives }) => creatives);
    expect(creative?.price).toEqual({ model: "cpa", micros: 400_000 });
    const landing = new URL(await click(edge, creative?.clickUrl));
    await pass(30_000);
    expect(await spentOf("shop-bought")).toBe(0);
    const token = landing.searchParams.get("ad");
    const conversion = { type: "conversion", id: "order-1", timeMs: NOW_MS, token };
    const report = (events: unknown[]) =>
      edge.ask("/v1/events", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ events }),
      });
    expect((await report([conversion, conversion])).status).toBe(202);
    expect((await report([conversion])).status).toBe(202);
    const untold = { type: "conversion", id: "order-2", timeMs: NOW_MS, decisionId: "d", placementId: "top" };
    expect((await report([untold])).status).toBe(202);
    await pass(30_000);
    expect(await spentOf("shop-bought")).toBe(400_000);
    expect(charges(edge)).toEqual({ billed: 1, duplicate: 2 });
    expect((await report([{ ...conversion, id: "order-3", token: `${token}x` }])).status).toBe(400);
    await pass(30_000);
    expect(await spentOf("shop-bought")).toBe(400_000);
  });
});
