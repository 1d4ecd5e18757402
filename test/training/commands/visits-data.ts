// A small data set with something to learn, in every format that training reads: which visitors like which items.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";

export interface VisitRow {
  readonly user: string;
  readonly item: string;
  readonly hour: number;
  readonly clicked: 0 | 1;
}

/** Users like items of their own remainder by 3; every row comes from its index alone. */
export function visitRows(count: number): VisitRow[] {
  return Array.from({ length: count }, (_, index) => {
    const [u, i] = [(index * 7) % 12, (index * 11 + Math.floor(index / 12)) % 9];
    const noise = (index * 2654435761) % 10;
    const liked = u % 3 === i % 3;
    return { user: `u${u}`, item: `i${i}`, hour: index % 24, clicked: noise < (liked ? 8 : 2) ? 1 : 0 };
  });
}

const field = (name: string, from: "context" | "candidate") => ({ kind: "categorical", name, from });

/** `user` and `item` are called f0 and f1 in libfm files, which name no columns. */
export function visitTask(names: { user: string; item: string } = { user: "user", item: "item" }) {
  return {
    name: "visits",
    label: "clicked",
    fields: [field(names.user, "context"), field(names.item, "candidate")],
    model: { embeddingDimension: 4, hidden: [8], crossLayers: 1 },
    training: { learningRate: 0.02, batchSize: 64, epochs: 8 },
  };
}

const COLUMNS = ["user", "item", "hour", "clicked"] as const;
const delimited = (rows: readonly VisitRow[], separator: string): string =>
  [COLUMNS.join(separator), ...rows.map((row) => COLUMNS.map((name) => row[name]).join(separator)), ""].join("\n");

/** Writes the rows under a name whose extension says the format, and gives the path. */
export async function writeVisits(folder: string, name: string, rows: readonly VisitRow[]): Promise<string> {
  const path = join(folder, name);
  const ndjson = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const texts: Readonly<Record<string, string>> = {
    csv: delimited(rows, ","),
    tsv: delimited(rows, "\t"),
    ndjson,
    libfm: rows.map(({ user, item, clicked }) => `${clicked} ${user}:1 ${item}:1\n`).join(""),
  };
  const [format = "", gzip] = name.split(".").slice(1);
  const text = texts[format];
  if (text === undefined) await writeParquet(path, await writeVisits(folder, "for-parquet.ndjson", rows));
  else writeFileSync(path, gzip === "gz" ? gzipSync(text) : text);
  return path;
}

async function writeParquet(path: string, ndjson: string): Promise<void> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(`copy (select * from read_json('${ndjson}')) to '${path}' (format parquet)`);
  connection.closeSync();
}
