// The report as people open it: from disk, in a real browser, asking the network for nothing.
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { loadParts } from "../../../training/dataset/load.ts";
import { buildModel } from "../../../training/jobs/build-model.ts";
import { MODEL_CARD_FILE, REPORT_FILE, type Report, reportOn } from "../../../training/report/report.ts";
import { visitRows, visitTask } from "../commands/visits-data.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking";
const HOSTILE = `<img src=x onerror="document.title='owned'">`;

const folder = mkdtempSync(join(tmpdir(), "selvedge-report-"));
let report: Report;

beforeAll(async () => {
  const task = parse(Task, visitTask({ user: HOSTILE, item: "item" }));
  const rows = visitRows(1500).map(({ user, item, clicked }) => ({ [HOSTILE]: user, item, clicked }));
  const part = (from: number, to: number) =>
    async function* () {
      yield* rows.slice(from, to);
    };
  const splits = await loadParts(task, [
    { source: part(0, 700), split: "train" },
    { source: part(700, 1000), split: "valid" },
    { source: part(1000, 1500), split: "test" },
  ]);
  const built = await buildModel({ task, splits, device: "wasm", seed: 1 });
  const facts = { seed: 1, createdMs: 0, codeCommit: null, origin: [["data file", HOSTILE]] as const, command: "npm run train" };
  report = await reportOn({ task, splits, built, ...facts });
  for (const [name, text] of Object.entries(report.texts)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a report", () => {
  it("finds what each field is worth, through the serving kernel", () => {
    expect(report.importance.fields.map(({ field }) => field).sort()).toEqual([HOSTILE, "item"]);
    expect(report.importance.fields.every(({ aucLost }) => aucLost! > 0.1)).toBe(true);
  });

  it("comes with a model card that names data, metrics, calibration and limits", () => {
    const card = report.texts[MODEL_CARD_FILE]!;
    for (const heading of ["Intended use", "Metrics", "Calibration", "Limits", "How to reproduce"])
      expect(card).toContain(`## ${heading}`);
  });

  it("stays small", () => {
    expect(statSync(join(folder, REPORT_FILE)).size).toBeLessThan(300_000);
  });
});

describe.skipIf(!CHROMIUM)("in Chromium (install Debian's package chromium)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: FLAGS.split(" ") });
  });
  afterAll(() => browser.close());

  async function open(options: Parameters<Browser["newPage"]>[0], faults: string[]): Promise<Page> {
    const page = await browser.newPage(options);
    page.on("console", (message) => faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("request", (request) => void (request.url().startsWith("file:") || faults.push(request.url())));
    await page.goto(pathToFileURL(join(folder, REPORT_FILE)).href);
    return page;
  }

  it.each(["light", "dark"] as const)("draws every chart in the %s theme, without an error or a request", async (colorScheme) => {
    const faults: string[] = [];
    const page = await open({ colorScheme, viewport: { width: 1200, height: 900 } }, faults);
    const charts = await page.$$eval("figure[data-figure]", (figures) =>
      figures.map((figure) => ({
        name: figure.querySelector("h3")?.textContent,
        marks: [...figure.querySelectorAll("svg path")].filter((path) => (path as SVGPathElement).getTotalLength() > 20).length,
      })),
    );
    expect(charts.length).toBeGreaterThanOrEqual(11);
    for (const { name, marks } of charts) expect(marks, name ?? "").toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  it("moves the profit with the price of a positive", async () => {
    const page = await open({}, []);
    const profit = () => page.locator("#profit-figure-2").textContent();
    const before = await profit();
    await page.locator("#value-per-positive").fill("80");
    expect(await profit()).not.toBe(before);
  });

  it("reads out the values under the keyboard's cursor", async () => {
    const page = await open({}, []);
    const figure = page.locator("figure[data-figure]").first();
    await figure.locator("svg[tabindex]").first().press("ArrowRight");
    expect(await figure.locator(".readout").textContent()).toMatch(/^at .*\d/);
  });

  it("shows names from the data as text, whatever they spell", async () => {
    const page = await open({}, []);
    expect(await page.title()).toBe("visits: model report");
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("body").innerText()).toContain(HOSTILE);
  });

  it("fits a narrow window", async () => {
    const page = await open({ viewport: { width: 400, height: 800 } }, []);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    const cell = page.locator("td", { hasText: /^served int8$/ }).first();
    expect((await cell.boundingBox())!.height).toBeLessThan(60);
  });
});
