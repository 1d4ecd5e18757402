// Load as a real server sees it: what is sent, when it is due, and from when its latency counts.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LoadOrder } from "./load.ts";
import { type LoadClient, startLoadClient } from "./load-client.ts";

let server: Server;
let client: LoadClient;
let order: LoadOrder;
let sent: string[] = [];
let ports = new Set<number | undefined>();

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    sent.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
    ports.add(request.socket.remotePort);
    response.writeHead(body === "refused" ? 422 : 200, { "content-length": body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens
  order = { port, path: "/path", headers: { authorization: "key" }, bodies: ["a", "bb"], connectionCount: 1, seconds: 0.05 };
  client = startLoadClient();
});

beforeEach(() => {
  sent = [];
  ports = new Set();
});

afterAll(() => {
  client.stop();
  server.closeAllConnections();
  server.close();
});

describe("a closed loop", () => {
  it("sends the bodies in order, again and again, one after the other", async () => {
    const { latenciesMs, lastAnswer } = await client.send(order);
    expect(latenciesMs).toHaveLength(sent.length);
    expect(sent.slice(0, 3)).toEqual(["POST /path key a", "POST /path key bb", "POST /path key a"]);
    expect(ports.size).toBe(1);
    expect(["a", "bb"]).toContain(lastAnswer);
  });

  it("sends over all of its connections, and keeps them", async () => {
    const { latenciesMs } = await client.send({ ...order, connectionCount: 8 });
    expect(latenciesMs.length).toBeGreaterThan(16);
    expect(ports.size).toBe(8);
  });

  it("tells latencies in order, the time it took, and the size of an answer", async () => {
    const { latenciesMs, seconds, answerBytes } = await client.send({ ...order, bodies: ["four"] });
    expect(latenciesMs).toEqual(latenciesMs.toSorted());
    expect(seconds).toBeGreaterThanOrEqual(order.seconds);
    expect(answerBytes).toBe(4);
  });

  it("counts what was refused", async () => {
    const { failureCount, latenciesMs } = await client.send({ ...order, bodies: ["refused", "fine"] });
    expect(failureCount).toBe(Math.ceil(latenciesMs.length / 2));
  });
});

describe("an open loop", () => {
  it("sends as many as are due, and none before its time", async () => {
    const { latenciesMs, seconds } = await client.send({ ...order, connectionCount: 4, seconds: 0.2, perSecond: 50 });
    expect(latenciesMs).toHaveLength(10);
    expect(sent).toHaveLength(10);
    expect(seconds).toBeGreaterThanOrEqual(9 / 50); // the last is due then
  });

  it("asks a server that is too slow no less, and counts what waits from when it was due", async () => {
    const { latenciesMs, seconds } = await client.send({ ...order, seconds: 0.001, perSecond: 1_000_000 });
    expect(latenciesMs).toHaveLength(1000); // within a millisecond, over one connection
    expect(latenciesMs.at(-1)).toBeGreaterThan(seconds * 1000 - 2);
  });
});
