// Reads the source tree once: every TypeScript file with its imports, as the rules see it.
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { parseSync, Visitor } from "vite";

export interface Import {
  /** As written: `../x.ts`, `valibot`. */
  readonly specifier: string;
  /** The file in the tree, or null for a package. */
  readonly target: string | null;
  readonly typeOnly: boolean;
}

export interface LongFunction {
  readonly line: number;
  readonly lineCount: number;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly functions: readonly LongFunction[];
  /** True where the file does nothing but export from other files. */
  readonly barrel: boolean;
}

export type Tree = ReadonlyMap<string, SourceFile>;

/** Parses sources given by path; tests of the rules hand in trees of their own. */
export function readTree(sources: Readonly<Record<string, string>>): Tree {
  return new Map(Object.entries(sources).map(([path, text]) => [path, readSource(path, text)]));
}

/** The product's sources on disk. AssemblyScript has a grammar of its own and is left out. */
export function readSources(root: string, folders: readonly string[]): Record<string, string> {
  const paths = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ["**/node_modules/**"] }));
  const sources = paths.filter((path) => !path.includes("/assembly/")).sort();
  return Object.fromEntries(sources.map((path) => [path, readFileSync(posix.join(root, path), "utf8")]));
}

function readSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const functions: LongFunction[] = [];
  const note = (specifier: string, typeOnly: boolean) => imports.push({ specifier, target: resolve(path, specifier), typeOnly });
  const measure = (node: { start: number; end: number }) => {
    const lineCount = text.slice(node.start, node.end).split("\n").length;
    functions.push({ line: text.slice(0, node.start).split("\n").length, lineCount });
  };
  new Visitor({
    ImportDeclaration: (node) => note(node.source.value, node.importKind === "type"),
    ExportNamedDeclaration: (node) => node.source && note(node.source.value, node.exportKind === "type"),
    ExportAllDeclaration: (node) => note(node.source.value, node.exportKind === "type"),
    ImportExpression: (node) => node.source.type === "Literal" && note(String(node.source.value), false),
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  }).visit(program);
  const barrel =
    program.body.length > 0 &&
    program.body.every((node) => node.type === "ExportAllDeclaration" || (node.type === "ExportNamedDeclaration" && node.source));
  return { path, text, imports, functions, barrel };
}

function resolve(from: string, specifier: string): string | null {
  return specifier.startsWith(".") ? posix.normalize(posix.join(posix.dirname(from), specifier)) : null;
}
