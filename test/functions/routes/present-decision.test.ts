// Creatives as their reader gets them: macros expanded, values escaped, and the click's token on the landing page.
import { expect, it } from "vitest";
import { openTrackingToken } from "../../../functions/events/tracking-token.ts";
import { creativeOf, SIZE, smallCatalog } from "../../small-catalog.ts";
import { catalogWith } from "../decision/example-market.ts";
import { createEdge, NOW_MS, ORIGIN, pathOf, trackingKey } from "../edge.ts";

const HTML = '<a href="{clickUrl}" title="{subjectId}">{creativeId} of {advertiserId}, {unknown}</a><img src="{impressionUrl}">';
const HOSTILE = `"><script>alert('1')</script>&{clickUrl}`;

const edgeOf = (creative: Parameters<typeof creativeOf>[1]) =>
  createEdge({
    catalog: catalogWith(smallCatalog({ creatives: [creativeOf("c1", creative)], placements: [{ id: "top", sizes: [SIZE] }] })),
  });

async function present(creative: Parameters<typeof creativeOf>[1], subjectId: string) {
  const edge = edgeOf(creative);
  const { decisionId, placements } = await edge.decide({ subjectId, placements: [{ id: "top" }] });
  const [shown] = placements.flatMap(({ creatives }) => creatives);
  return { edge, decisionId, shown };
}

it("HTML comes with its macros expanded, and no value breaks out of its place", async () => {
  const { shown } = await present({ content: { kind: "html", ...SIZE, html: HTML } }, HOSTILE);
  const subject = "%22%3E%3Cscript%3Ealert%28%271%27%29%3C%2Fscript%3E%26%7BclickUrl%7D";
  const { clickUrl, impressionUrl } = shown ?? { clickUrl: "", impressionUrl: "" };
  expect(shown).toMatchObject({
    kind: "html",
    ...SIZE,
    html: `<a href="${clickUrl}" title="${subject}">c1 of advertiser, {unknown}</a><img src="${impressionUrl}">`,
  });
  expect([clickUrl, impressionUrl].every((url) => url.startsWith(`${ORIGIN}/v1/track/`))).toBe(true);
});

it("a landing URL is expanded when it is shown, but for the click's token, which the click puts in", async () => {
  const landingUrl = "https://shop.example/{campaignId}?d={decisionId}&s={subjectId}&t={timestampMs}&ad={clickToken}";
  const { edge, shown, decisionId } = await present({ landingUrl }, HOSTILE);
  const response = await edge.send(pathOf(shown?.clickUrl));
  const landing = new URL(response.headers.get("location") ?? "");
  expect(landing.pathname).toBe("/campaign");
  const { ad = "", ...others } = Object.fromEntries(landing.searchParams);
  expect(others).toEqual({ d: decisionId, s: HOSTILE, t: `${NOW_MS}` });
  const { claims } = await openTrackingToken(ad, "conversion", await trackingKey, NOW_MS);
  expect(claims).toMatchObject({ decisionId, creativeId: "c1", campaignId: "campaign" });
});
