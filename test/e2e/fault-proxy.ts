// A proxy in front of the embedded store that does to some writes what networks do: refuse, cut before, cut after.
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** `refuse`: 500, nothing written. `cut_before`: the connection dies, nothing written. `cut_after`: written, but the answer is lost. */
export type Fault = "refuse" | "cut_before" | "cut_after";

export interface FaultProxy {
  readonly origin: string;
  /** Faults that were dealt so far. */
  readonly dealt: readonly Fault[];
  close(): Promise<void>;
}

/** Deals `faults[n]` to the n-th PUT. Host headers pass unchanged, so that signatures hold. `target` is asked for at each request. */
export async function startFaultProxy(target: () => string, faults: ReadonlyMap<number, Fault>): Promise<FaultProxy> {
  const dealt: Fault[] = [];
  let putCount = 0;
  const server = createServer((incoming, outgoing) => {
    const fault = incoming.method === "PUT" ? faults.get(putCount++) : undefined;
    if (fault) dealt.push(fault);
    if (fault === "cut_before") incoming.socket.destroy();
    else if (fault === "refuse") incoming.resume().on("end", () => outgoing.writeHead(500).end());
    else forward(target(), incoming, outgoing, fault === "cut_after");
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { origin: `http://localhost:${port}`, dealt, close };
}

function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, loseAnswer: boolean): void {
  const { method, headers, url } = incoming;
  const onward = request(new URL(url ?? "/", target), { method, headers }, (answer) => {
    if (loseAnswer) answer.resume().on("end", () => incoming.socket.destroy());
    else answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}
