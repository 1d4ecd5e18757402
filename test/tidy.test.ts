// The rules of the house, held against the tree, and each held against a small tree that breaks it.
import { describe, expect, it } from "vitest";
import { rules } from "./tidy/rules.ts";
import { readSources, readTree } from "./tidy/tree.ts";

const root = new URL("..", import.meta.url).pathname;
const tree = readTree(readSources(root, ["functions", "training", "shared", "infra", "test"]));

describe("the tree keeps every rule", () => {
  it.each(Object.entries(rules))("%s", (_, rule) => {
    expect(rule(tree)).toEqual([]);
  });
});

const long = `// x\nexport function f() {\n${"  f();\n".repeat(70)}}\n`;

/** Each rule, and a smallest tree that breaks it. */
const broken: [keyof typeof rules, string, Record<string, string>][] = [
  ["walls", "the edge imports training", { "functions/a.ts": 'import { b } from "../training/b.ts"; b();', "training/b.ts": "" }],
  [
    "walls",
    "training imports the edge",
    { "training/a.ts": 'const b = await import("../functions/b.ts"); b;', "functions/b.ts": "" },
  ],
  ["walls", "shared imports a package", { "shared/a.ts": 'import { z } from "zod"; z;' }],
  ["walls", "shared imports a type from training", { "shared/a.ts": 'import type { B } from "../training/b.ts"; let b: B;' }],
  ["walls", "infra reads more than the keys", { "infra/a.ts": 'import { b } from "../shared/scoring/b.ts"; b();' }],
  ["decisionIsPure", "a stage knows Hono", { "functions/decision/a.ts": 'import { Hono } from "hono"; Hono;' }],
  [
    "decisionIsPure",
    "a stage knows another",
    { "functions/decision/a.ts": 'import { b } from "./b.ts"; b();', "functions/decision/b.ts": "" },
  ],
  [
    "noCycles",
    "two files import each other's types",
    { "shared/a.ts": 'import type { B } from "./b.ts";', "shared/b.ts": 'import type { A } from "./a.ts";' },
  ],
  ["noVagueNames", "a folder of utils", { "shared/utils/a.ts": "" }],
  ["noBarrels", "a file only re-exports", { "shared/index.ts": 'export * from "./a.ts";' }],
  ["shortFunctions", "a function of 72 lines", { "shared/a.ts": long }],
  ["shortFiles", "a file of 400 lines", { "shared/a.ts": "//\n".repeat(400) }],
  ["noDeadFiles", "nobody imports it", { "shared/a.ts": "" }],
  ["headerLines", "no header", { "shared/a.ts": "export const a = 1;" }],
  ["noBannedCalls", "randomness that nobody can replay", { "training/a.ts": "const a = Math.random();" }],
  ["noBannedCalls", "a hidden clock in a decision", { "functions/decision/a.ts": "const a = Date.now();" }],
];

describe("a rule speaks up when it is broken", () => {
  it.each(broken)("%s: %s", (name, _, sources) => {
    expect(rules[name](readTree(sources))).toHaveLength(1);
  });
});
