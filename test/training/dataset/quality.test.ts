// The data-quality gate says no with a reason, and yes only when nothing is wrong.
import { describe, expect, it } from "vitest";
import type { TimeSplit } from "../../../training/dataset/examples.ts";
import { DROP_REASONS, type JoinCounts } from "../../../training/dataset/join.ts";
import { checkQuality } from "../../../training/dataset/quality.ts";

const none = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as JoinCounts["dropped"]; // has them all
const counts: JoinCounts = {
  lines: 20_000,
  events: { decision: 10_000, impression: 9000, click: 1000, conversion: 0 },
  dropped: none,
  examples: 10_000,
  positives: 1000,
  settleMs: 0,
};
const span = (examples: number, positives: number) => ({ firstMs: 0, endMs: 1, examples, positives });
const split: TimeSplit = { train: span(7000, 700), valid: span(1500, 150), test: span(1500, 150) };

describe("the data-quality gate", () => {
  it("lets good data pass", () => {
    expect(checkQuality(counts, split, 1000)).toBeNull();
  });

  it.each<[string, JoinCounts, TimeSplit]>([
    ["too_few_examples", { ...counts, examples: 999, positives: 100 }, split],
    ["split_empty", counts, { ...split, valid: span(0, 0) }],
    ["single_class", counts, { ...split, test: span(1500, 0) }],
    ["single_class", counts, { ...split, train: span(7000, 7000) }],
    ["label_rate_implausible", { ...counts, positives: 5001 }, split],
    ["too_many_malformed_lines", { ...counts, dropped: { ...none, line_malformed: 201 } }, split],
  ])("refuses: %s", (reason, someCounts, someSplit) => {
    expect(checkQuality(someCounts, someSplit, 1000)).toMatchObject({ reason });
  });
});
