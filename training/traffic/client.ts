// HTTP with keep-alive connections, following no redirects: what a browser's page and its beacons would send.
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as SecureAgent } from "node:https";

/** `milliseconds` from sending to the last byte. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly milliseconds: number;
}

export interface Client {
  readonly origin: string;
  get(url: string): Promise<Answer>;
  post(url: string, body: unknown): Promise<Answer>;
  close(): void;
}

const TIMEOUT_MS = 10_000;

/** @example const client = createClient("http://localhost:8787", 8); await client.get("http://localhost:8787/healthz"); */
export function createClient(origin: string, connectionCount: number): Client {
  const secure = new URL(origin).protocol === "https:";
  const settings = { keepAlive: true, maxSockets: connectionCount };
  const agent = secure ? new SecureAgent(settings) : new Agent(settings);
  const send = (method: "GET" | "POST", url: string, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const startedMs = performance.now();
      const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const options = { method, agent, headers, timeout: TIMEOUT_MS };
      const receive = (response: IncomingMessage): void => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString("utf8"),
            milliseconds: performance.now() - startedMs,
          }),
        );
      };
      const request: ClientRequest = secure ? httpsRequest(url, options, receive) : httpRequest(url, options, receive);
      request.on("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      request.on("error", reject);
      request.end(body);
    });
  return {
    origin,
    get: (url) => send("GET", url),
    post: (url, body) => send("POST", url, JSON.stringify(body)),
    close: () => agent.destroy(),
  };
}
