// What every format gives for the same table, and how each says that something is wrong.

import { readFile, writeFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError, parse } from "../../../shared/schemas/coded-error.ts";
import { Task } from "../../../shared/tasks/task.ts";
import { readRecords } from "../../../training/dataset/read.ts";
import { collect, writeTemporary } from "./temporary-files.ts";

const task = parse(Task, {
  name: "test",
  label: "bought",
  fields: [
    { kind: "numeric", name: "age", from: "context" },
    { kind: "categorical", name: "city", from: "context" },
  ],
});

const read = async (name: string, content: string | Uint8Array, changes: Partial<Task> = {}) =>
  collect(readRecords(await writeTemporary(name, content), { ...task, ...changes }));

/** Code, path without the folder, and detail. */
async function failure(name: string, content: string | Uint8Array, changes: Partial<Task> = {}): Promise<string> {
  try {
    await read(name, content, changes);
  } catch (error) {
    if (error instanceof CodedError) return `${error.code} ${error.path.replace(/.*[/\\]/, "")}: ${error.problems[0]?.detail}`;
    throw error;
  }
  throw new Error("expected a failure");
}

const EXPECTED = [
  { bought: "1", age: "41", city: "Delft" },
  { bought: "0", age: "", city: 'The "Hague", NL' },
];

describe("readRecords", () => {
  it.each([
    ["CSV with quotes", "a.csv", 'id,age,city,bought\n7,41,Delft,1\n8,,"The ""Hague"", NL",0\n'],
    ["CSV with semicolons and CRLF", "a.csv", 'age;city;bought\r\n41;Delft;1\r\n;"The ""Hague"", NL";0'],
    ["CSV with a byte order mark", "a.csv", '\ufeffage,city,bought\n41,Delft,1\n,"The ""Hague"", NL",0\n'],
    ["TSV", "a.tsv", 'age\tcity\tbought\n41\tDelft\t1\n\t"The ""Hague"", NL"\t0\n'],
    ["gzipped TSV with blank lines", "a.TSV.gz", 'age\tcity\tbought\n\n41\tDelft\t1\n\t"The ""Hague"", NL"\t0\n\n'],
  ])("reads %s", async (_, name, content) => {
    expect(await read(name, content)).toEqual(EXPECTED);
  });

  it("reads gzip by its bytes, whatever the name says", async () => {
    const gzipped = await readFile(await writeTemporary("a.csv.gz", "age,city,bought\n41,Delft,1\n"));
    expect(await read("b.csv", gzipped)).toEqual([EXPECTED[0]]);
  });

  it("reads NDJSON, where a key may be absent", async () => {
    const text = '{"bought":1,"age":41,"city":"Delft"}\n\n{"bought":false,"city":["x"]}\n';
    expect(await read("a.jsonl", text)).toEqual([
      { bought: 1, age: 41, city: "Delft" },
      { bought: false, city: ["x"] },
    ]);
  });

  it("reads lines and multi-byte letters that are cut by the reading buffer", async () => {
    const rows = Array.from({ length: 30_000 }, (_, index) => `${index},Zürich ${index},${index % 2}`);
    const records = await read("a.csv", `age,city,bought\n${rows.join("\n")}\n`);
    expect(records).toHaveLength(30_000);
    records.forEach((record, index) => {
      if (record.city !== `Zürich ${index}`) throw new Error(`row ${index} says ${String(record.city)}`);
    });
  });

  it("reads cells that hold line ends, and still counts lines", async () => {
    const text = `age,city,bought\n1,"two\nlines",1\n${"2,y,0\n".repeat(40_000)}4,"two\nmore",2\n`;
    expect(await failure("a.csv", text)).toBe('label_not_binary a.csv:40005: the label "bought" must be 0 or 1, not "2"');
  });

  it("reads a cell longer than the reading buffer", async () => {
    const city = "a line\n".repeat(30_000);
    const [record] = await read("a.csv", `age,city,bought\n41,"${city}",1\n`);
    expect(record?.city).toBe(city);
  });

  it("names the columns of files without a header, and knows a header that repeats them", async () => {
    const columns = ["bought", "age", "city"];
    expect(await read("a.csv", "1\t41\tDelft\n", { columns })).toEqual([EXPECTED[0]]);
    expect(await read("a.csv", "bought,age,city\n1,41,Delft\n", { columns })).toEqual([EXPECTED[0]]);
  });

  it("accepts labels as numbers, text and truth values", async () => {
    const rows = ["0", "1", "1.0", "true", "False", "TRUE"].map((label) => `1,x,${label}\n`);
    expect(await read("a.csv", `age,city,bought\n${rows.join("")}`)).toHaveLength(6);
  });

  it("reads libfm pairs by position and as weights", async () => {
    const fields = ["f1", "features"].map((name) => ({ ...task.fields[1], name }) as Task["fields"][number]);
    expect(await read("a.svm", "1 3:1 17:0.5 # note\n-1 4:1\n", { fields })).toEqual([
      { bought: "1", f1: "17", features: { 3: 1, 17: 0.5 } },
      { bought: "0", f1: undefined, features: { 4: 1 } },
    ]);
  });

  it.each(["a.parquet", "a.parquet.gz"])("reads %s, with its types", async (name) => {
    const file = await writeTemporary("plain.parquet", "");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const row = "41::bigint as age, 'Delft' as city, true as bought, ['a', 'b'] as tags, map {'x': 0.5} as weights";
    await connection.run(`copy (select ${row}, timestamp '2026-01-02 03:04:05' as seen) to '${file}' (format parquet)`);
    connection.closeSync();
    const extra = ["tags", "weights"].map((field) => ({ ...task.fields[1], name: field }) as Task["fields"][number]);
    expect(await read(name, await readFile(file), { fields: [...task.fields, ...extra], time: "seen" })).toEqual([
      { bought: true, seen: Date.UTC(2026, 0, 2, 3, 4, 5), age: 41n, city: "Delft", tags: ["a", "b"], weights: { x: 0.5 } },
    ]);
  });
});

describe("bad data", () => {
  const HEADER = "age,city,bought\n";
  it.each([
    ["a short line", "a.csv", `${HEADER}1,x,1\n2,y\n`, "row_too_short a.csv:3: expected 3 cells"],
    ["a long line", "a.csv", `${HEADER}1,x,1,9\n`, "row_too_long a.csv:2: expected 3 cells"],
    ["a label that is not 0/1", "a.csv", `${HEADER}1,x,maybe\n`, 'label_not_binary a.csv:2: the label "bought" must be 0 or 1'],
    ["no label", "a.csv", `${HEADER}1,x,\n`, "label_missing a.csv:2:"],
    ["a column that is not there", "a.csv", "age,bought\n1,1\n", "field_missing_in_data fields[1].name: "],
    ["a label column that is not there", "a.csv", "age,city\n1,x\n", "field_missing_in_data label: "],
    ["a column that is there twice", "a.csv", "age,city,city,bought\n1,x,y,1\n", "column_ambiguous a.csv: "],
    ["a stray quote", "a.csv", `${HEADER}1,x"y,1\n2,z,0\n`, "csv_malformed a.csv:2: "],
    ["an open quote", "a.csv", `${HEADER}1,"x,1\n`, "csv_malformed a.csv:"],
    ["an empty file", "a.csv", "", "file_empty a.csv:"],
    ["only a header", "a.csv", HEADER, "file_empty a.csv:"],
    ["UTF-16", "a.csv", Buffer.from(`\ufeff${HEADER}`, "utf16le"), "encoding_unsupported a.csv:"],
    ["an unknown format", "a.xlsx", "", "data_format_unknown a.xlsx: "],
    ["no extension", "constructor", "", "data_format_unknown constructor: "],
    ["broken JSON", "a.ndjson", '{"bought":1,"age":1,"city":"x"}\n{"bought":\n', "json_malformed a.ndjson:2: "],
    ["JSON that is no object", "a.ndjson", "[1]\n", "json_malformed a.ndjson:1: "],
    ["a field that no JSON line has", "a.ndjson", '{"bought":1,"age":1}\n', "field_missing_in_data fields[1].name: "],
    ["a JSON line without a label", "a.ndjson", '{"age":1,"city":"x"}\n', "label_missing a.ndjson:1: "],
    ["bytes that are no Parquet", "a.parquet", "hello", "parquet_malformed a.parquet: "],
  ])("says where: %s", async (_, name, content, expected) => {
    expect(await failure(name, content)).toContain(expected);
  });

  it.each([
    ["0", "1", 'label_without_through a.csv:3: "bought" is 1 where "seen", the step on the way to it, is 0'],
    ["", "0", 'label_missing a.csv:3: the label "seen"'],
    ["2", "0", 'label_not_binary a.csv:3: the label "seen"'],
  ])("refuses the step on the way to the label where it is %j and the label %s", async (seen, bought, expected) => {
    const text = `age,city,seen,bought\n1,x,1,1\n2,y,${seen},${bought}\n`;
    expect(await failure("a.csv", text, { through: "seen" })).toContain(expected);
  });

  it("misses the column of the step on the way to the label", async () => {
    expect(await failure("a.csv", `${HEADER}1,x,1\n`, { through: "seen" })).toContain("field_missing_in_data through: ");
    const columns = { through: "seen", fields: [{ ...task.fields[1], name: "f0" } as Task["fields"][number]] };
    expect(await failure("a.libfm", "1 3:1\n", columns)).toContain("field_missing_in_data through: ");
  });

  it("lists the columns that the data have", async () => {
    expect(await failure("a.csv", "age,town,bought\n1,x,1\n")).toContain('has no column "city"; it has age, town, bought');
  });

  it("says which libfm pair is malformed, and which fields the format has", async () => {
    const fields = [{ ...task.fields[1], name: "f0" } as Task["fields"][number]];
    expect(await failure("a.libfm", "1 3:1\n0 4:\n", { fields })).toContain("pair_malformed a.libfm:2:");
    expect(await failure("a.libfm", "1 3:1\n")).toContain("it has bought, features, f0, f1");
  });

  it("tells a damaged gzip stream from a missing file", async () => {
    const file = await writeTemporary("a.csv.gz", `${HEADER}${"1,x,1\n".repeat(9999)}`);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length / 2));
    await expect(collect(readRecords(file, task))).rejects.toMatchObject({ code: "gzip_corrupt", path: file });
    await expect(collect(readRecords(`${file}.no.csv`, task))).rejects.toMatchObject({ code: "file_not_found" });
  });

  it("refuses times that are none", async () => {
    expect(await failure("a.csv", "age,city,bought,at\n1,x,1,soon\n", { time: "at" })).toContain("time_invalid a.csv:2: ");
  });

  it.each(["a.csv", "a.tsv", "a.ndjson", "a.libfm", "a.csv.gz"])("fuzz: %s is read or refused with a code", async (name) => {
    const piece = fc.constantFrom("a", ",", "\t", '"', "\n", "\r\n", "1", "0", ":", "{", "}", "age", "bought", "city", " ", "\0");
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(piece, { maxLength: 60 }).map((all) => Buffer.from(all.join(""))),
    );
    const header = fc.constantFrom("", HEADER, "age\tcity\tbought\n", "1 1:1\n");
    await fc.assert(
      fc.asyncProperty(header, bytes, async (start, rest) => {
        const content = Buffer.concat([Buffer.from(start), rest]);
        const fields = name === "a.libfm" ? [{ ...task.fields[1], name: "f0" } as Task["fields"][number]] : task.fields;
        const outcome = await read(name, content, { fields }).then(
          (records) => records.length > 0,
          (error) => error instanceof CodedError,
        );
        expect(outcome).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
