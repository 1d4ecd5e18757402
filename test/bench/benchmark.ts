// What a benchmark is to the command that runs it.

export interface BenchOptions {
  /** Less of everything, for a first look. */
  readonly quick: boolean;
  /** The one part to run, of a benchmark that has parts. */
  readonly only?: string | undefined;
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
  run(options: BenchOptions): Promise<BenchReport>;
}
