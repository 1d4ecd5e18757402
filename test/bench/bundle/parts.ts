// The parts of the Worker: packages by name, our own files by folder.
import type { Metafile } from "esbuild";

/** `node_modules/hono/dist/hono.js` -> `hono`; `shared/features/encode.ts` -> `shared/features`; `functions/app.ts` -> `functions`. */
export function partOf(path: string): string {
  const inPackage = path.split("node_modules/").at(-1);
  if (inPackage !== undefined && inPackage !== path) {
    const [first = "", second = ""] = inPackage.split("/");
    return first.startsWith("@") ? `${first}/${second}` : first;
  }
  return path.split("/").slice(0, -1).slice(0, 2).join("/");
}

/** Files of the bundle's JavaScript, from the project's root, by part. */
export function filesByPart({ outputs }: Metafile): Map<string, string[]> {
  const script = Object.entries(outputs).find(([path]) => path.endsWith(".js"))?.[1];
  if (script === undefined) throw new Error("the bundle has no JavaScript");
  const used = Object.entries(script.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  return Map.groupBy(used, partOf);
}

/**
 * The text of each part in a bundle that still has esbuild's comments of where a file begins (`// shared/features/encode.ts`).
 * What comes before the first file is esbuild's own.
 */
export function textByPart(bundle: string, files: ReadonlyMap<string, readonly string[]>): Map<string, string> {
  const partOfFile = new Map([...files].flatMap(([part, paths]) => paths.map((path) => [path, part] as const)));
  const texts = new Map<string, string>();
  let part = "esbuild";
  for (const line of bundle.split("\n")) {
    const begins = line.startsWith("// ") ? partOfFile.get(line.slice(3)) : undefined;
    if (begins === undefined) texts.set(part, `${texts.get(part) ?? ""}${line}\n`);
    else part = begins;
  }
  return texts;
}
