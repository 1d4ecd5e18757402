// Data files -> raw records, one format a reader, chosen by the file's name.
import type { RawRecord } from "../../shared/features/encode.ts";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import type { Task } from "../../shared/tasks/task.ts";
import { readCsv } from "./csv.ts";
import { readLibfm } from "./libfm.ts";
import { readNdjson } from "./ndjson.ts";
import { readParquet } from "./parquet.ts";
import type { RecordSource } from "./record-source.ts";

type Reader = (file: string, task: Task) => AsyncIterable<RawRecord[]>;

const READERS: Readonly<Record<string, Reader>> = {
  csv: (file, task) => readCsv(file, task, null),
  tsv: (file, task) => readCsv(file, task, "\t"),
  ndjson: readNdjson,
  jsonl: readNdjson,
  libfm: readLibfm,
  svm: readLibfm,
  parquet: readParquet,
};

/**
 * A file's records, streamed in order. Each has the columns that the task needs, and a label and time that can be read.
 * Throws `CodedError`: `data_format_unknown`, `file_empty`, `file_not_found`, `gzip_corrupt`, and what the format's reader throws.
 */
export const readRecords = (file: string, task: Task): AsyncIterable<RawRecord> => fileSource([file], task)();

/** All records of some files, in order, as one source. */
export function fileSource(files: readonly string[], task: Task): RecordSource {
  return async function* () {
    for (const file of files) {
      let count = 0;
      for await (const batch of readerOf(file)(file, task)) {
        count += batch.length;
        for (const record of batch) yield record;
      }
      if (count === 0) throw new CodedError("file_empty", file, "the file has no rows");
    }
  };
}

function readerOf(file: string): Reader {
  const extension = /\.([a-z]+)(?:\.gz)?$/i.exec(file)?.[1]?.toLowerCase() ?? "";
  const reader = Object.hasOwn(READERS, extension) ? READERS[extension] : undefined;
  if (reader) return reader;
  const known = Object.keys(READERS).map((name) => `.${name}`);
  throw new CodedError("data_format_unknown", file, `name it by its format: ${known.join(", ")}, with or without .gz`);
}
