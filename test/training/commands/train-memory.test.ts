// npm run train on ten times the examples takes no more memory, once they do not fit the window.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

/** Where the kernel tells the largest memory that a process ever had. */
const STATUS = "/proc/self/status";
const MIB = 2 ** 20;

const VALUES = 256;
const FEW = 2500;

/** Encoded, an example is two KiB: a few bytes a value in the file. */
function tagRows(count: number): string {
  const rows = Array.from({ length: count }, (_, row) => {
    const tags = Array.from({ length: VALUES }, (_, index) => (row * 31 + index * (1 + (row % 7))) % 997);
    return `${tags.join("|")},${row % 3 === 0 ? 1 : 0}\n`;
  });
  return `tags,clicked\n${rows.join("")}`;
}

const tags = { kind: "multi", name: "tags", from: "context", ids: { hashSpace: 1000 }, maxLength: VALUES };
const task = write(
  "tags.json",
  JSON.stringify({
    name: "tags",
    label: "clicked",
    fields: [tags],
    model: { family: "logistic" },
    training: { epochs: 1, batchSize: 512 },
  }),
);
const atExit = `import { readFileSync } from "node:fs";
process.on("exit", () => console.error(/VmHWM.*/.exec(readFileSync("${STATUS}", "utf8"))[0]));`;
const NODE_OPTIONS = `--import ${pathToFileURL(write("at-exit.mjs", atExit))} --max-old-space-size=128 --max-semi-space-size=2`;

const sizes = new Map<number, string>();
function fileOf(count: number): string {
  const file = sizes.get(count) ?? write(`${count}.csv`, tagRows(count));
  sizes.set(count, file);
  return file;
}

type Counts = Readonly<Partial<Record<"train" | "valid" | "test", number>>>;

/** Bytes. */
async function peakMemory(name: string, counts: Counts): Promise<number> {
  const data = Object.entries(counts).flatMap(([split, count]) => [`--${split}`, fileOf(count)]);
  const env = { NODE_OPTIONS, SELVEDGE_STATE_DIR: join(folder, "state") };
  const given = ["--task", task, "--device", "wasm", ...data, "--window", "2", "--out", join(folder, name)];
  const { exitCode, stderr } = await runCli(["train", ...given], env);
  expect(exitCode, stderr).toBe(0);
  return Number(/VmHWM:\s*(\d+) kB/.exec(stderr)?.[1]) * 1024;
}

const of = (train: number, others: number): Counts => ({ train, valid: others, test: others });

describe("npm run train", { timeout: 300_000 }, () => {
  it.skipIf(!existsSync(STATUS)).each([
    ["training examples", of(FEW, 100), of(10 * FEW, 100), 9 * FEW],
    ["validation and test examples", of(FEW, FEW / 2), of(FEW, 5 * FEW), 2 * 4.5 * FEW],
  ])("takes hardly more memory for ten times the %s (measured where there is /proc)", async (what, few, many, more) => {
    const [before, after] = [await peakMemory(`few ${what}`, few), await peakMemory(`many ${what}`, many)];
    const growth = after - before;
    console.log(`peak memory: ${Math.round(before / MIB)} MiB, with ${more} more ${what} ${Math.round(growth / MIB)} MiB more`);
    expect(growth).toBeLessThan((more * VALUES * 8) / 2); // encoded, they are twice that
    expect(readdirSync(folder).filter((name) => name.endsWith(".shards"))).toEqual([]);
  });
});
