// What a benchmark is to the command that runs it.
import type { DeviceChoice } from "../../training/engine/device.ts";

export interface BenchOptions {
  /** Less of everything, for a first look. */
  readonly quick: boolean;
  /** The one part to run, of a benchmark that has parts. */
  readonly only?: string | undefined;
  /** What models are trained on, where they are. */
  readonly device: DeviceChoice;
  /** Told what is being done, a line at a time. */
  readonly progress: (line: string) => void;
}

/** `result` is what --json prints, `text` what people read. */
export interface BenchReport {
  readonly result: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface Benchmark {
  readonly summary: string;
  /** What --only takes, where the benchmark has parts. */
  readonly parts?: readonly string[];
  run(options: BenchOptions): Promise<BenchReport>;
}
