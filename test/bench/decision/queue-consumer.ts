// Takes what the edge's queue binding sends, as the queue would: it is counted, or kept for a look, and acknowledged.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface QueueConsumer {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** Messages so far. */
  readonly messageCount: number;
  /** What is sent while `work` runs, and for a moment after. */
  keepDuring(work: () => Promise<unknown>): Promise<string[]>;
  stop(): void;
}

interface SentBatch {
  readonly messages: readonly { readonly body: string }[];
}

/** What a producer is answered: how the queue is doing. */
const ACKNOWLEDGED = JSON.stringify({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });

/** As workerd's queue binding writes it; a single message it sends as it is. */
const readBatch = (text: string): string[] =>
  (JSON.parse(text) as SentBatch).messages.map(({ body }) => Buffer.from(body, "base64").toString());

export async function startQueueConsumer(): Promise<QueueConsumer> {
  let kept: string[] | null = null;
  let messageCount = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      messageCount++;
      if (kept) {
        const text = Buffer.concat(chunks).toString();
        kept.push(...(request.url?.endsWith("/batch") ? readBatch(text) : [text]));
      }
      response.writeHead(200, { "content-type": "application/json" }).end(ACKNOWLEDGED);
    });
  });
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens
  return {
    address: `127.0.0.1:${port}`,
    get messageCount() {
      return messageCount;
    },
    async keepDuring(work) {
      const own: string[] = [];
      kept = own;
      await work();
      await new Promise((resolve) => setTimeout(resolve, 500));
      kept = null;
      return own;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
