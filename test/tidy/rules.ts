// The rules of the house. Each takes the tree and answers with the sentences that say where it is broken.
import type { SourceFile, Tree } from "./tree.ts";

export type Rule = (tree: Tree) => string[];

const MAX_FUNCTION_LINES = 70;
const MAX_FILE_LINES = 350;

/** What each folder may import from; `packages` null means any package. */
const WALLS: Record<string, { readonly folders: readonly string[]; readonly packages: readonly string[] | null }> = {
  functions: { folders: ["functions/", "shared/"], packages: null },
  training: { folders: ["training/", "shared/"], packages: null },
  shared: { folders: ["shared/"], packages: ["valibot"] },
  infra: { folders: ["infra/", "shared/artifact/keys.ts", "shared/artifact/manifest.ts"], packages: null },
};

/** Run by hand or by the runtime, not imported: each with its reason. */
const ENTRIES: Record<string, string> = {
  "functions/index.ts": "the Worker",
  "training/cli.ts": "the command line",
  "training/kernels/build.ts": "compiles the kernels on install",
  "shared/scoring/reference.ts": "what the kernel must equal; only tests run it",
  "shared/scoring/retrieval-reference.ts": "what the retriever must equal; only tests run it",
  "shared/scoring/retrieve-and-rank.ts": "a library until a route serves recommendations",
};

/** Calls that have a better way, by the folder where they are banned. */
const BANNED: readonly { readonly pattern: RegExp; readonly where: RegExp; readonly instead: string }[] = [
  { pattern: /\bMath\.random\(/, where: /^(functions|training|shared)\//, instead: "a seeded generator that is passed in" },
  {
    pattern: /\bDate\.now\(|\bperformance\.now\(/,
    where: /^(functions\/decision|shared)\//,
    instead: "a clock that is passed in",
  },
  { pattern: /\bcrypto\.getRandomValues\(/, where: /^(functions\/decision|shared)\//, instead: "a seed that is passed in" },
  { pattern: /\bconsole\./, where: /^(functions|shared)\//, instead: "a counter of functions/telemetry" },
  { pattern: /\bnew Function\(|\beval\(/, where: /^(functions|training|shared)\//, instead: "data" },
  { pattern: /\b(it|test|describe)\.only\(/, where: /^test\//, instead: "running one file" },
];

const product = (file: SourceFile) => /^(functions|training|shared)\//.test(file.path);
const files = (tree: Tree) => [...tree.values()];

/** `functions -> shared <- training`; `infra` reads the keys; nothing else crosses. */
const walls: Rule = (tree) =>
  files(tree).flatMap(({ path, imports }) => {
    const wall = WALLS[path.split("/")[0] ?? ""];
    if (!wall) return [];
    return imports
      .filter(({ specifier, target }) =>
        target === null
          ? wall.packages !== null && !wall.packages.includes(specifier)
          : !wall.folders.some((folder) => target.startsWith(folder)),
      )
      .map(({ specifier }) => `${path} must not import ${specifier}`);
  });

/** The stories of a decision, of one of its placements, and of an explanation: they know the stages. */
const DECISION_STORIES = ["decide", "decide-placement", "explain-decision"].map((name) => `functions/decision/${name}.ts`);

/** `decision/` is pure, and its stages do not know each other: only the stories do. */
const decisionIsPure: Rule = (tree) =>
  files(tree)
    .filter(({ path }) => path.startsWith("functions/decision/"))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, typeOnly }) => {
          if (target === null) return true;
          if (target.startsWith("shared/") || typeOnly) return false;
          return !DECISION_STORIES.includes(path) || !target.startsWith("functions/decision/");
        })
        .map(({ specifier }) => `${path} must not import ${specifier}: decision/ is pure and its stages are strangers`),
    );

/** No import cycles, type imports included. */
const noCycles: Rule = (tree) => {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      found.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
      return;
    }
    state.set(path, "open");
    for (const { target } of tree.get(path)?.imports ?? []) if (target !== null) visit(target, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of tree.keys()) visit(path, []);
  return found;
};

/** A name must say what is inside. */
const noVagueNames: Rule = (tree) =>
  files(tree)
    .filter(({ path }) => path.split(/[/.]/).some((part) => /^(utils?|helpers?|common|misc)$/.test(part)))
    .map(({ path }) => `${path}: name it after what it does`);

const noBarrels: Rule = (tree) =>
  files(tree)
    .filter((file) => product(file) && file.barrel)
    .map(({ path }) => `${path} only re-exports: import from where things are`);

const shortFunctions: Rule = (tree) =>
  files(tree).flatMap(({ path, functions }) =>
    path.startsWith("test/")
      ? []
      : functions
          .filter(({ lineCount }) => lineCount > MAX_FUNCTION_LINES)
          .map(({ line, lineCount }) => `${path}:${line} is a function of ${lineCount} lines; ${MAX_FUNCTION_LINES} is the wall`),
  );

const shortFiles: Rule = (tree) =>
  files(tree)
    .map(({ path, text }) => ({ path, lineCount: text.split("\n").length }))
    .filter(({ lineCount }) => lineCount > MAX_FILE_LINES)
    .map(({ path, lineCount }) => `${path} has ${lineCount} lines: does it hold two ideas?`);

/** Every file of the product is reached from an entry. */
const noDeadFiles: Rule = (tree) => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const { target } of tree.get(path)?.imports ?? []) if (target !== null) visit(target);
  };
  for (const entry of Object.keys(ENTRIES)) visit(entry);
  return files(tree)
    .filter((file) => product(file) && !reached.has(file.path))
    .map(({ path }) => `${path} is reached from no entry`);
};

const headerLines: Rule = (tree) =>
  files(tree)
    .filter((file) => product(file) && !file.text.startsWith("//"))
    .map(({ path }) => `${path} must begin with a line that says what it is`);

const noBannedCalls: Rule = (tree) =>
  files(tree).flatMap(({ path, text }) =>
    BANNED.filter(({ where }) => where.test(path)).flatMap(({ pattern, instead }) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          pattern.test(line) && !/^\s*(\/\/|\*)/.test(line)
            ? [`${path}:${index + 1}: instead of \`${pattern.exec(line)?.[0]}\` use ${instead}`]
            : [],
        ),
    ),
  );

export const rules = {
  walls,
  decisionIsPure,
  noCycles,
  noVagueNames,
  noBarrels,
  shortFunctions,
  shortFiles,
  noDeadFiles,
  headerLines,
  noBannedCalls,
};
