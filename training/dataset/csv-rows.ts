// Delimited text -> rows of cells (RFC 4180). Lines without a quote are split here; those with one are left to csv-parse.
import { CsvError, parse } from "csv-parse/sync";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { type LineBatch, readLines } from "./lines.ts";

/** A row's cells, and the number of its last line. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

const DELIMITERS = [",", "\t", ";"];
/** A quote that is still open after so many lines was never meant as one. */
const MAX_OPEN_LINES = 1_000_000;

/** @param delimiter null to find it out from the first line. Throws `csv_malformed` for unbalanced quotes. */
export async function* readRows(file: string, delimiter: string | null): AsyncGenerator<Row[]> {
  let chosen = delimiter;
  let open: LineBatch | null = null;
  for await (const next of readLines(file)) {
    chosen ??= sniffDelimiter(next.lines[0] ?? "");
    const batch: LineBatch = open === null ? next : { ...open, lines: [...open.lines, ...next.lines] };
    open = isQuoteOpen(batch.lines) && batch.lines.length < MAX_OPEN_LINES ? batch : null;
    if (open === null) yield splitRows(batch, chosen, file);
  }
  if (open !== null) yield splitRows(open, chosen ?? ",", file);
}

/** The delimiter that the first line has most of, outside quotes; a comma where it has none. */
export function sniffDelimiter(line: string): string {
  const bare = line.replaceAll(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

function isQuoteOpen(lines: readonly string[]): boolean {
  let count = 0;
  for (const line of lines) {
    for (let i = line.indexOf('"'); i !== -1; i = line.indexOf('"', i + 1)) count++;
  }
  return count % 2 === 1;
}

function splitRows({ firstLine, lines }: LineBatch, delimiter: string, file: string): Row[] {
  if (lines.some((line) => line.includes('"'))) return splitQuoted(lines, firstLine, delimiter, file);
  const rows: Row[] = [];
  lines.forEach((line, index) => {
    if (line !== "") rows.push({ line: firstLine + index, cells: line.split(delimiter) });
  });
  return rows;
}

function splitQuoted(lines: readonly string[], firstLine: number, delimiter: string, file: string): Row[] {
  try {
    const options = { delimiter, record_delimiter: "\n", info: true, relax_column_count: true, skip_empty_lines: true };
    // With `info: true` csv-parse gives records with their lines, which its types do not say.
    const parsed = parse(lines.join("\n"), options) as unknown as { info: { lines: number }; record: string[] }[];
    return parsed.map(({ info, record }) => ({ line: firstLine + info.lines - 1, cells: record }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = firstLine + Number(cause.lines ?? 1) - 1;
    const detail = `${cause.message.replace(/ at line \d+/, "")}: quote cells as RFC 4180 says`;
    throw new CodedError("csv_malformed", `${file}:${line}`, detail, undefined, { cause });
  }
}
