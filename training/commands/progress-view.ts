// Shows a training run while it goes: a bar on a terminal, plain lines now and then elsewhere.
import { Presets, SingleBar } from "cli-progress";
import type { BuildProgress } from "../jobs/build-request.ts";

/** Time between plain lines. */
const LINE_INTERVAL_MS = 5_000;

export interface ProgressView {
  readonly stage: (name: string) => void;
  readonly progress: (progress: BuildProgress) => void;
  /** A line that stays. */
  readonly note: (line: string) => void;
  readonly end: () => void;
}

export function createProgressView(output: NodeJS.WriteStream): ProgressView {
  return output.isTTY ? createBar(output) : createLines(output);
}

function createBar(stream: NodeJS.WriteStream): ProgressView {
  const format = "training {model}{bar} {percentage}% | epoch {epoch}/{epochs} | {speed} samples/s | loss {loss} | {left} left";
  const bar = new SingleBar(
    { stream, format, hideCursor: true, gracefulExit: false, clearOnComplete: false },
    Presets.shades_classic,
  );
  let shown: string | null = null;
  return {
    stage(name) {
      bar.stop();
      if (name !== "training") stream.write(`${name}...\n`);
    },
    progress(progress) {
      const payload = describe(progress);
      if (shown !== payload.model) {
        bar.stop();
        bar.start(progress.samplesTotal, progress.samplesDone, payload);
      }
      shown = payload.model;
      bar.update(progress.samplesDone, payload);
    },
    note(line) {
      bar.stop();
      shown = null;
      stream.write(`${line}\n`);
    },
    end: () => bar.stop(),
  };
}

function createLines(stream: NodeJS.WriteStream): ProgressView {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    stage: (name) => stream.write(`${name}...\n`),
    progress(progress) {
      const nowMs = performance.now();
      if (nowMs - lastMs < LINE_INTERVAL_MS) return;
      lastMs = nowMs;
      const { model, epoch, epochs, speed, loss, valid, left } = describe(progress);
      stream.write(`${model}epoch ${epoch}/${epochs} | ${speed} samples/s | loss ${loss} | valid ${valid} | ${left} left\n`);
    },
    note: (line) => stream.write(`${line}\n`),
    end: () => {},
  };
}

function describe({ model, epoch, epochs, samplesPerSecond, secondsLeft, loss, validLogloss }: BuildProgress) {
  return {
    model: model === undefined ? "" : `${model} | `,
    epoch,
    epochs,
    speed: Math.round(samplesPerSecond).toLocaleString("en"),
    loss: loss.toFixed(4),
    valid: validLogloss?.toFixed(4) ?? "-",
    left: formatDuration(secondsLeft),
  };
}

/** 75 -> "1m15s" */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}
