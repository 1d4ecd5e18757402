// A real HTTP proxy before the S3 endpoint, which breaks what it is told to break: to see how readers take a failing store.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What befalls the answers to requests whose path contains `path`: all of them, or the first one only. */
export type Fault =
  /** The connection is cut before an answer. */
  | { readonly kind: "drop"; readonly path: string; readonly once?: true }
  /** The request is carried out, and its answer lost; once only. */
  | { readonly kind: "lose"; readonly path: string }
  /** The answer begins after this time. */
  | { readonly kind: "delay"; readonly path: string; readonly delayMs: number }
  /** Another status. */
  | { readonly kind: "status"; readonly path: string; readonly status: number; readonly once?: true }
  /** The connection is cut halfway through the body. */
  | { readonly kind: "cut"; readonly path: string }
  /** Another body, whole. */
  | { readonly kind: "body"; readonly path: string; change(body: Buffer): Uint8Array };

export interface FaultProxy {
  readonly origin: string;
  /** Faults in force; the first whose path fits applies. Empty it to heal the store. */
  faults: Fault[];
  /** Paths that were asked for, in order. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** @param targetOf origin of the real server; asked anew for each request, so that a proxy can be there first */
export async function startFaultProxy(targetOf: () => string): Promise<FaultProxy> {
  const server = createServer((incoming, outgoing) => {
    forward(proxy, targetOf(), incoming, outgoing).catch(() => outgoing.destroy()); // a client that went away takes its request along
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's
  const proxy: FaultProxy = {
    origin: `http://localhost:${port}`,
    faults: [],
    seen: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

async function forward(proxy: FaultProxy, target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const path = incoming.url ?? "/";
  proxy.seen.push(path);
  const fault = proxy.faults.find((one) => path.includes(one.path));
  if (fault && (fault.kind === "lose" || ("once" in fault && fault.once)))
    proxy.faults = proxy.faults.filter((one) => one !== fault);
  if (fault?.kind === "drop") return void outgoing.destroy();
  if (fault?.kind === "delay") await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  if (fault?.kind === "status") return void outgoing.writeHead(fault.status).end();
  const { status, headers, body } = await ask(target, path, incoming);
  if (fault?.kind === "lose") return void outgoing.destroy();
  const changed = fault?.kind === "body" ? fault.change(body) : body;
  outgoing.writeHead(status, { ...headers, "content-length": changed.length });
  if (fault?.kind !== "cut") return void outgoing.end(changed);
  outgoing.write(changed.subarray(0, changed.length >> 1), () => outgoing.destroy());
}

/** Hands a request on with the very headers that were signed, its host among them. */
async function ask(
  target: string,
  path: string,
  incoming: IncomingMessage,
): Promise<{ status: number; headers: object; body: Buffer }> {
  const outbound = request(new URL(path, target), { method: incoming.method ?? "GET", headers: incoming.headers });
  incoming.pipe(outbound);
  const response = await new Promise<IncomingMessage>((resolve, reject) => outbound.on("response", resolve).on("error", reject));
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer); // no encoding was set
  const { "transfer-encoding": _, connection: __, ...headers } = response.headers;
  return { status: response.statusCode ?? 502, headers, body: Buffer.concat(chunks) };
}
