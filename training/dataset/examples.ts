// The joined examples on disk: what each span of time holds, and records to fit and encode from.
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { RawRecord } from "../../shared/features/encode.ts";
import type { Outcome } from "./label.ts";
import type { RecordSource, SplitName } from "./record-source.ts";

/** Examples of `firstMs <= timeMs < endMs`. */
export interface Span {
  readonly firstMs: number;
  readonly endMs: number;
}

export interface SpanCounts {
  readonly examples: number;
  readonly positives: number;
}

/** Train before validation before test. */
export type TimeSplit = Readonly<Record<SplitName, Span & SpanCounts>>;

/** Where validation and test begin, in parts of all examples: the newest 15 % are the test. */
const VALID_FROM = 0.7;
const TEST_FROM = 0.85;

/** Splits by time, and counts. Examples of the same millisecond stay together. Without examples all spans are empty. */
export async function splitByTime(exampleFile: string): Promise<TimeSplit> {
  return withConnection(async (connection) => {
    const cutSql = `SELECT quantile_disc(timeMs, ${VALID_FROM}), quantile_disc(timeMs, ${TEST_FROM}) ${from(exampleFile)}`;
    const [validMs = 0, testMs = 0] = await readNumbers(connection, cutSql);
    const spanOf = async (firstMs: number, endMs: number): Promise<Span & SpanCounts> => {
      const countSql = `SELECT count(*)::DOUBLE, coalesce(sum(label), 0)::DOUBLE ${from(exampleFile)} ${within({ firstMs, endMs })}`;
      const [examples = 0, positives = 0] = await readNumbers(connection, countSql);
      return { firstMs, endMs, examples, positives };
    };
    return {
      train: await spanOf(0, validMs),
      valid: await spanOf(validMs, testMs),
      test: await spanOf(testMs, Number.MAX_SAFE_INTEGER),
    };
  });
}

/** A field of a task or of a feature map: both say which side it is from. */
export interface SidedField {
  readonly name: string;
  readonly from: "context" | "candidate";
}

/**
 * The examples of a span in time order, as records: each field from the side that the task says, as at the edge, then the label, the
 * click as the step on the way to it, and the time. A creative's id is always known, whatever its features say.
 *
 * @example await loadParts(task, [{ source: exampleSource(file, task.fields, task, split.train), split: "train" }]);
 */
export function exampleSource(
  exampleFile: string,
  fields: readonly SidedField[],
  { label, through, time }: Outcome,
  span: Span,
): RecordSource {
  return () => readRecords();

  async function* readRecords(): AsyncGenerator<RawRecord> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" }); // one thread streams in the file's order
    const connection = await instance.connect();
    try {
      const sql = `SELECT timeMs, label, clicked, chosenId, context, candidate ${from(exampleFile)} ${within(span)}`;
      for await (const rows of (await connection.stream(sql)).yieldRowsJs()) {
        for (const [timeMs, labelValue, clicked, creativeId, context, candidate] of rows) {
          const sides = { context: parseSide(context), candidate: { creativeId, ...parseSide(candidate) } };
          const record = Object.fromEntries(fields.map(({ name, from: side }) => [name, (sides[side] as RawRecord)[name]]));
          const outcome = { ...(time !== undefined && { [time]: timeMs }), ...(through !== undefined && { [through]: clicked }) };
          yield { ...record, ...outcome, [label]: labelValue };
        }
      }
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
}

const parseSide = (json: unknown): RawRecord => JSON.parse(String(json)) as RawRecord; // the event log's schema says: an object

const from = (file: string): string => `FROM read_parquet('${file.replaceAll("'", "''")}')`;

const within = ({ firstMs, endMs }: Span): string => `WHERE timeMs >= ${firstMs} AND timeMs < ${endMs}`;

async function readNumbers(connection: DuckDBConnection, sql: string): Promise<number[]> {
  const reader = await connection.runAndReadAll(sql);
  return (reader.getRowsJS()[0] ?? []).map(Number);
}

async function withConnection<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
