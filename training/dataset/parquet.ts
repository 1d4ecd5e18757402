// Reader of Parquet, through DuckDB.
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type DuckDBConnection, DuckDBInstance, DuckDBTypeId, type JS } from "@duckdb/node-api";
import type { RawRecord } from "../../shared/features/encode.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { isGzip, readBytes } from "./bytes.ts";
import { neededColumns, refuseMissing } from "./columns.ts";
import { checkOutcome } from "./label.ts";

/** Times become milliseconds, maps objects; lines in errors are row numbers. Throws `parquet_malformed`, `field_missing_in_data`. */
export async function* readParquet(file: string, task: Task): AsyncGenerator<RawRecord[]> {
  if (!(await isGzip(file))) {
    yield* readPlain(file, task, file);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "selvedge-parquet-"));
  try {
    const plain = join(folder, "plain.parquet"); // Parquet is read from its end, so a stream will not do
    await pipeline(readBytes(file), createWriteStream(plain));
    yield* readPlain(plain, task, file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* readPlain(plain: string, task: Task, file: string): AsyncGenerator<RawRecord[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    yield* readConnected(connection, plain, task, file);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* readConnected(connection: DuckDBConnection, plain: string, task: Task, file: string) {
  const from = `from read_parquet('${plain.replaceAll("'", "''")}')`;
  const available = (await query(connection, `select * ${from} limit 0`, file)).columnNames();
  const needed = neededColumns(task);
  refuseMissing(
    needed.filter(({ name }) => !available.includes(name)),
    available,
    file,
  );
  const names = needed.map(({ name }) => `"${name.replaceAll('"', '""')}"`);
  const result = await query(connection, `select ${names.join(", ")} ${from}`, file);
  const isMap = needed.map((_, index) => result.columnTypeId(index) === DuckDBTypeId.MAP);
  let row = 0;
  for await (const rows of result.yieldRowsJs()) {
    yield rows.map((cells): RawRecord => {
      row++;
      const record = Object.fromEntries(needed.map(({ name }, index) => [name, toRaw(cells[index], isMap[index] === true)]));
      checkOutcome(record, task, file, row);
      return record;
    });
  }
}

async function query(connection: DuckDBConnection, sql: string, file: string) {
  try {
    return await connection.stream(sql);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("parquet_malformed", file, reason, undefined, { cause });
  }
}

/** DuckDB gives a map as a list of { key, value }. */
function toRaw(value: JS | undefined, isMap: boolean): unknown {
  if (value instanceof Date) return value.getTime();
  if (!isMap || !Array.isArray(value)) return value;
  const entries = value as unknown as { key: JS; value: JS }[]; // as `objectArrayFromMapValue` of DuckDB makes them
  return Object.fromEntries(entries.map((entry) => [String(entry.key), entry.value]));
}
