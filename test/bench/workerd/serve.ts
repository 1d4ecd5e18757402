// One Worker in one process of real workerd, on a free port of loopback. No proxy in between: what is timed is workerd.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkerModule } from "./bundle.ts";

export interface Workerd {
  readonly origin: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const COMPATIBILITY_DATE = "2026-10-01"; // as in wrangler.toml
/** Where workerd writes its events, one JSON object a line. */
const CONTROL_FD = 3;

/** What the Worker finds in its environment: text, queues that lead back to itself, and namespaces of its own Durable Objects. */
export interface WorkerEnvironment {
  readonly vars: Readonly<Record<string, string>>;
  readonly queues: readonly string[];
  readonly durableObjects: readonly { readonly binding: string; readonly className: string }[];
}

export const EMPTY_ENVIRONMENT: WorkerEnvironment = { vars: {}, queues: [], durableObjects: [] };

/** Starts it, and answers once it listens. The isolate itself starts with the process. @throws Error where workerd ends instead */
export async function serveWorker(
  modules: readonly WorkerModule[],
  environment: WorkerEnvironment = EMPTY_ENVIRONMENT,
): Promise<Workerd> {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-bench-"));
  for (const { name, contents } of modules) await writeFile(join(folder, name), contents);
  await writeFile(join(folder, "config.capnp"), describe(folder, modules, environment));
  const child = spawn(workerdPath(), ["serve", join(folder, "config.capnp"), `--control-fd=${CONTROL_FD}`], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { origin: `http://127.0.0.1:${await readPort(child)}`, pid: child.pid as number, stop }; // it is running: it listens
  } catch (error) {
    await stop();
    throw error;
  }
}

/** miniflare's own workerd, so that the benchmark runs what development runs. */
function workerdPath(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  return (require("workerd") as { readonly default: string }).default; // the package's one purpose
}

/** `folder` takes what Durable Objects store: in memory they have no SQLite. */
function describe(folder: string, modules: readonly WorkerModule[], { vars, queues, durableObjects }: WorkerEnvironment): string {
  const list = modules.map(({ name }) => `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${name}")`);
  const bindings = [
    ...Object.entries(vars).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`),
    ...queues.map((name) => `(name = "${name}", queue = "main")`),
    ...durableObjects.map(({ binding, className }) => `(name = "${binding}", durableObjectNamespace = "${className}")`),
  ];
  const namespaces = durableObjects.map(
    ({ className }) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "objects", disk = (path = "${folder}", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "${COMPATIBILITY_DATE}",
  modules = [${list.join(", ")}],
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

async function readPort(child: ChildProcess): Promise<number> {
  const events = child.stdio[CONTROL_FD] as NodeJS.ReadableStream; // asked for as a pipe
  let text = "";
  for await (const piece of events) {
    text += piece;
    const port = /"event":\s*"listen".*"port":\s*(\d+)/.exec(text)?.[1];
    if (port) return Number(port);
  }
  throw new Error("workerd ended before it listened; its message is above");
}
