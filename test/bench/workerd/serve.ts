// One Worker in one process of real workerd, on a free port of loopback. No proxy in between: what is timed is workerd.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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

/** What the Worker finds in its environment: text, queues, and Durable Objects of its own, binding -> class. */
export interface WorkerEnvironment {
  readonly vars: Readonly<Record<string, string>>;
  readonly queues: readonly string[];
  /** Who takes the queues' messages over HTTP, `127.0.0.1:8080`; they lead back to the Worker itself where it is left out. */
  readonly queueAddress?: string;
  readonly durableObjects?: Readonly<Record<string, string>>;
  /** Where developer tools may listen in; nowhere where it is left out. */
  readonly inspectorPort?: number;
}

/** Starts it, and answers once it listens. The isolate itself starts with the process. @throws Error where workerd ends instead */
export async function serveWorker(
  modules: readonly WorkerModule[],
  environment: WorkerEnvironment = { vars: {}, queues: [] },
): Promise<Workerd> {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-bench-"));
  for (const { name, contents } of modules) await writeFile(join(folder, name), contents);
  const objectFolder = join(folder, "objects");
  await mkdir(objectFolder);
  await writeFile(join(folder, "config.capnp"), describe(modules, environment, objectFolder));
  const { inspectorPort } = environment;
  const inspector = inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${inspectorPort}`];
  const child = spawn(workerdPath(), ["serve", join(folder, "config.capnp"), `--control-fd=${CONTROL_FD}`, ...inspector], {
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

/** Durable Objects have their databases on disk: in memory, workerd gives them no SQL. Loopback, where a store may listen, is private. */
function describe(
  modules: readonly WorkerModule[],
  { vars, queues, queueAddress, durableObjects = {} }: WorkerEnvironment,
  objectFolder: string,
): string {
  const list = modules.map(({ name }) => `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${name}")`);
  const bindings = [
    ...Object.entries(vars).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`),
    ...queues.map((name) => `(name = "${name}", queue = "${queueAddress ? "queue" : "main"}")`),
    ...Object.entries(durableObjects).map(([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`),
  ];
  const namespaces = Object.values(durableObjects).map(
    (className) => `(className = "${className}", uniqueKey = "selvedge-${className}", enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "objects", disk = (path = ${JSON.stringify(objectFolder)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),${queueAddress ? `\n    (name = "queue", external = (address = "${queueAddress}", http = ())),` : ""}
  ],
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
