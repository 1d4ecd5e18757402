// What a person sees of a run: a bar on a terminal, lines in a file.
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createProgressView, formatDuration } from "../../../training/commands/progress-view.ts";

const progress = {
  epoch: 1,
  epochs: 2,
  samplesDone: 500,
  samplesTotal: 1000,
  samplesPerSecond: 12_800.4,
  secondsLeft: 75,
  loss: 0.51234,
  validLogloss: null,
};

function show(isTTY: boolean, times: number): string {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120, clearLine: () => true, cursorTo: () => true });
  const view = createProgressView(stream as unknown as NodeJS.WriteStream); // as far as a bar looks at it
  view.stage("loading");
  view.stage("training");
  for (let i = 0; i < times; i++) view.progress(progress);
  view.note("one is done");
  view.end();
  return String(stream.read());
}

describe("the progress view", () => {
  it("draws a bar with speed, loss and time left on a terminal", () => {
    expect(show(true, 1)).toMatch(/training .*50% \| epoch 1\/2 \| 12,800 samples\/s \| loss 0\.5123 \| 1m15s left/);
  });

  it("writes a plain line at once, and not another for every step", () => {
    const line = "epoch 1/2 | 12,800 samples/s | loss 0.5123 | valid - | 1m15s left";
    expect(show(false, 5)).toBe(`loading...\ntraining...\n${line}\none is done\n`);
  });
});

it.each([
  [0, "0s"],
  [59.2, "1m00s"],
  [75, "1m15s"],
  [3600, "60m00s"],
  [Number.NaN, "?"],
])("formats %d seconds as %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
