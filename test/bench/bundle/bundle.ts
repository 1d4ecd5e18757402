// npm run bench -- bundle: what the Worker weighs and what its start costs, by part.
import type { Benchmark } from "../benchmark.ts";
import { describeMachine } from "../machine.ts";
import { formatTable } from "../table.ts";
import { EMPTY_ENVIRONMENT } from "../workerd/serve.ts";
import { filesByPart } from "./parts.ts";
import { gzipBytesOf, type PartSize, sizesByPart } from "./sizes.ts";
import { type Candidate, measureStartUp, type StartUp } from "./start-up.ts";
import { bundleAsUploaded, readSettings, type WorkerSettings } from "./worker.ts";

const ROUNDS = 21;
const QUICK_ROUNDS = 15;
const WHOLE = "whole";

export const bundle: Benchmark = {
  summary: "gzip size of the Worker and CPU of its start in workerd, whole and by part",
  async run({ quick, progress }) {
    const settings = readSettings();
    const { modules, metafile } = await bundleAsUploaded({ file: settings.main }, settings);
    progress("sizes by part");
    const sizes = await sizesByPart(modules, settings);
    const parts = quick ? [] : [...filesByPart(metafile)];
    const rounds = quick ? QUICK_ROUNDS : ROUNDS;
    progress(`start-up: ${2 + parts.length} Workers, ${rounds} fresh processes each`);
    const candidates: Candidate[] = [{ name: WHOLE, modules, environment: settings.environment }];
    for (const [name, files] of parts) candidates.push(await alone(name, files, settings));
    const startUp = await measureStartUp(candidates, rounds);
    const gzipBytes = gzipBytesOf(modules);
    const startUpCpuMs = startUp.find(({ name }) => name === WHOLE)?.cpuMs;
    const result = { machine: describeMachine(), quick, rounds, gzipBytes, startUpCpuMs, parts: sizes, startUp };
    return { result, text: describe(gzipBytes, sizes, startUp) };
  },
};

/**
 * A Worker that only loads the files of one part, with what they import. Everything that they export is kept, so that of a package
 * it is more than the real Worker loads.
 */
async function alone(name: string, files: readonly string[], settings: WorkerSettings): Promise<Candidate> {
  const imports = files.map((path, i) => `import * as m${i} from ${JSON.stringify(`./${path}`)};`);
  const source = `${imports.join("\n")}
globalThis.kept = [${files.map((_, i) => `m${i}`).join(", ")}]; // else nothing of it would be in the bundle
export default { fetch: () => Response.json({ status: "ok" }) };`;
  const { modules } = await bundleAsUploaded({ source }, settings);
  return { name, modules, environment: EMPTY_ENVIRONMENT };
}

function describe(gzipBytes: number, sizes: readonly PartSize[], starts: readonly StartUp[]): string {
  const kib = (bytes: number) => (bytes / 1024).toFixed(1);
  const minifiedBytes = sizes.reduce((sum, part) => sum + part.minifiedBytes, 0);
  const sizeRows = sizes.map((part) => [part.name, ...[part.minifiedBytes, part.gzipBytes, part.aloneGzipBytes].map(kib)]);
  const startRows = starts
    .toSorted((a, b) => b.cpuMs - a.cpuMs)
    .map(({ name, evaluationMs, cpuMs, fromMs, toMs }) => [
      name,
      ...[evaluationMs, cpuMs, fromMs, toMs].map((ms) => ms.toFixed(1)),
    ]);
  return [
    formatTable([
      ["size, KiB", "minified", "gzip", "gzip of it alone"],
      [WHOLE, kib(minifiedBytes), kib(gzipBytes), ""],
      ...sizeRows,
    ]),
    formatTable([["start-up CPU, ms (a part: with what it needs)", "evaluated", "first answer", "from", "to"], ...startRows]),
  ].join("\n\n");
}
