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

const VALUES = 64;
const FEW = 12_000;

/** Encoded, an example is half a KiB: a few bytes a value in the file. */
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
    training: { epochs: 2, batchSize: 4096 },
  }),
);
const valid = write("valid.csv", tagRows(500));
const atExit = `import { readFileSync } from "node:fs";
process.on("exit", () => console.error(/VmHWM.*/.exec(readFileSync("${STATUS}", "utf8"))[0]));`;
const NODE_OPTIONS = `--import ${pathToFileURL(write("at-exit.mjs", atExit))} --max-old-space-size=128`;

/** Bytes. */
async function peakMemory(count: number, windowMiB: number): Promise<number> {
  const train = write(`train-${count}.csv`, tagRows(count));
  const data = [
    "--train",
    train,
    "--valid",
    valid,
    "--window",
    String(windowMiB),
    "--out",
    join(folder, `${count}-${windowMiB}`),
  ];
  const env = { NODE_OPTIONS, SELVEDGE_STATE_DIR: join(folder, "state") };
  const { exitCode, stderr } = await runCli(["train", "--task", task, "--device", "wasm", ...data], env);
  expect(exitCode, stderr).toBe(0);
  return Number(/VmHWM:\s*(\d+) kB/.exec(stderr)?.[1]) * 1024;
}

describe("npm run train", { timeout: 120_000 }, () => {
  it.skipIf(!existsSync(STATUS))("takes no more memory for ten times the examples (measured where there is /proc)", async () => {
    const [few, many] = [await peakMemory(FEW, 2), await peakMemory(10 * FEW, 2)];
    const encoded = 9 * FEW * VALUES * 8; // the larger one's more
    console.log(
      `peak memory: ${Math.round(few / MIB)} MiB for ${FEW} examples, ${Math.round(many / MIB)} MiB for ten times as many`,
    );
    expect(many - few).toBeLessThan(encoded / 2);
    expect(readdirSync(folder).filter((name) => name.endsWith(".shards"))).toEqual([]);
  });
});
