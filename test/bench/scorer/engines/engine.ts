// What an engine is: made ready for a shape and a number of candidates once, then run many times on that one request.
import type { Shape, Subject } from "../shape.ts";

export type Probabilities = Float32Array | Float64Array;

export interface Runner {
  /** One request: from the rows of its features to the candidates' calibrated probabilities; [count], read before the next run. */
  run(): Probabilities | Promise<Probabilities>;
  /** Called before a series of runs, where engines share something that can be switched. */
  activate?(): Promise<void>;
}

export interface Engine<On extends Subject = Shape> {
  prepare(subject: On, count: number): Runner | Promise<Runner>;
}

/** Engines by name, in the order in which they are shown. */
export type Engines<On extends Subject = Shape> = Readonly<Record<string, Engine<On>>>;
