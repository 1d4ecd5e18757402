// Joining events: golden cases by hand, and the promise that neither order nor repetition of the lines changes the examples.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RawRecord } from "../../../shared/features/encode.ts";
import { exampleSource } from "../../../training/dataset/examples.ts";
import { type JoinCounts, type JoinRequest, joinEvents } from "../../../training/dataset/join.ts";
import type { Outcome } from "../../../training/dataset/label.ts";
import golden from "../../vectors/event-join.json" with { type: "json" };
import { EPOCH_MS, type ShortEvent, toLine } from "./event-lines.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-join-"));
});
afterAll(() => rm(folder, { recursive: true }));

const FIELDS = [
  { name: "page", from: "context" },
  { name: "color", from: "candidate" },
  { name: "creativeId", from: "candidate" },
] as const;
const WHOLE = { firstMs: 0, endMs: Number.MAX_SAFE_INTEGER };

async function joinLines(
  lines: readonly string[],
  options: Partial<JoinRequest> = {},
  outcome: Outcome = { label: "clicked", time: "at" },
): Promise<{ counts: JoinCounts; records: RawRecord[] }> {
  const eventFile = join(folder, "events.ndjson");
  const exampleFile = join(folder, "it's examples.parquet");
  await writeFile(eventFile, lines.map((line) => `${line}\n`).join(""));
  const standard = { outcome: "click", windowMs: 1_800_000, settleMs: 60_000, nowMs: EPOCH_MS + 7_200_000 } as const;
  const counts = await joinEvents({ eventFile, exampleFile, ...standard, ...options });
  const source = exampleSource(exampleFile, FIELDS, outcome, WHOLE);
  const records: RawRecord[] = [];
  for await (const record of source()) records.push(record);
  return { counts, records };
}

/** Only what is not 0. */
const dropsOf = ({ dropped }: JoinCounts) => Object.fromEntries(Object.entries(dropped).filter(([, count]) => count > 0));

describe("joining events", () => {
  it.each(golden.cases)("$name", async ({ events, examples, dropped }) => {
    const { counts, records } = await joinLines((events as ShortEvent[]).map(toLine)); // JSON has no tuples
    expect(records.map(({ page, clicked }) => [page, clicked])).toEqual(examples);
    expect(dropsOf(counts)).toEqual(dropped);
    expect(counts).toMatchObject({ lines: events.length, examples: examples.length });
    expect(counts.positives).toBe(examples.filter(([, label]) => label === 1).length);
  });

  it("takes each field from its own side, and label and time from the events", async () => {
    const { records } = await joinLines(
      [
        ["decision", "a", 5],
        ["impression", "a", 6],
      ].map(toLine),
    );
    expect(records).toEqual([{ page: "a", color: "of the ad", creativeId: "blue", clicked: 0, at: EPOCH_MS + 5 }]);
  });

  it("labels by conversions when asked to", async () => {
    const events: ShortEvent[] = [
      ["decision", "a", 0],
      ["impression", "a", 1],
      ["click", "a", 2],
      ["decision", "b", 1],
      ["impression", "b", 2],
      ["conversion", "b", 3],
    ];
    const { records } = await joinLines(events.map(toLine), { outcome: "conversion" });
    expect(records.map(({ clicked }) => clicked)).toEqual([0, 1]);
  });

  it("says which conversions went through a click: all of them, and clicks inside the window", async () => {
    const events: ShortEvent[] = [
      ...["a", "b", "c", "d"].flatMap((id, index): ShortEvent[] => [
        ["decision", id, index],
        ["impression", id, index + 1],
      ]),
      ["click", "a", 20],
      ["conversion", "a", 30],
      ["click", "b", 20],
      ["conversion", "c", 30],
      ["click", "d", 1_900_000],
    ];
    const through = { label: "converted", through: "clicked", time: "at" };
    const { records } = await joinLines(events.map(toLine), { outcome: "conversion" }, through);
    expect(records.map(({ page, clicked, converted }) => [page, clicked, converted])).toEqual([
      ["a", 1, 1],
      ["b", 1, 0],
      ["c", 1, 1],
      ["d", 0, 0],
    ]);
  });

  it("measures how long outcomes take, and waits as long, but never longer than the window", async () => {
    const clickAfter = (delayMs: number): ShortEvent[] => [
      ["decision", "a", 0],
      ["impression", "a", 1000],
      ["click", "a", 1000 + delayMs],
    ];
    const settleMsOf = async (events: ShortEvent[]) => (await joinLines(events.map(toLine), { settleMs: null })).counts.settleMs;
    expect(await settleMsOf(clickAfter(9000))).toBe(11_000);
    expect(await settleMsOf(clickAfter(1_800_000))).toBe(1_800_000);
    expect(
      await settleMsOf([
        ["decision", "a", 0],
        ["impression", "a", 1000],
      ]),
    ).toBe(1_800_000);
  });

  it("joins nothing from nothing", async () => {
    const { counts, records } = await joinLines([]);
    expect([counts.lines, counts.examples, records]).toEqual([0, 0, []]);
  });

  it("gives the same examples whatever the order and the repetition of the lines", async () => {
    const lines = golden.cases.flatMap(({ events }, index) =>
      (events as ShortEvent[])
        .filter(([kind]) => kind !== "raw")
        .map(([kind, id, offset]) => toLine([kind ?? "", `${index}-${id}`, offset ?? 0])),
    );
    const expected = await joinLines(lines);
    expect(expected.records.length).toBeGreaterThan(10);
    const shuffled = fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length });
    await fc.assert(
      fc.asyncProperty(shuffled, fc.subarray(lines), async (order, repeated) => {
        const { counts, records } = await joinLines([...repeated, ...order]);
        expect(records).toEqual(expected.records);
        expect(counts.dropped).toEqual({
          ...expected.counts.dropped,
          duplicate: expected.counts.dropped.duplicate + repeated.length,
        });
      }),
      { numRuns: 20 },
    );
  });
});
