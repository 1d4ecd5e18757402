// The floor under every decision with caps: what the platform takes for the same input and output, part by part, without deciding anything.
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../workerd/bundle.ts";
import { serveWorker, type Workerd } from "../workerd/serve.ts";
import { type QueueConsumer, startQueueConsumer } from "./queue-consumer.ts";

const WORKER = fileURLToPath(new URL("floor-worker.ts", import.meta.url));

/** What a decision with caps does besides deciding, in the order in which the benchmark adds it up; the words are the Worker's own. */
export const FLOOR_PARTS = {
  tokens: "a signed token for each placement",
  message: "the record, sent to the queue",
  hold: "a call of the subject's object before the answer, which writes a row",
  settle: "a call of it after the answer, which writes a row",
} as const;

export type FloorPart = keyof typeof FLOOR_PARTS;

/** Of a URL of the floor's Worker: the parts up to `last`, with all before it. */
export function floorQuery(last: FloorPart): string {
  const parts = Object.keys(FLOOR_PARTS);
  return `?parts=${parts.slice(0, parts.indexOf(last) + 1).join(",")}`;
}

/** As the real Worker sends them. */
export interface RecordTraffic {
  readonly recordBytes: number;
  readonly recordsPerMessage: number;
}

export interface Floor {
  readonly workerd: Workerd;
  readonly queue: QueueConsumer;
  stop(): Promise<void>;
}

export async function startFloor({ recordBytes, recordsPerMessage }: RecordTraffic): Promise<Floor> {
  const { modules } = await bundleWorker({ file: WORKER }, { minify: true });
  const queue = await startQueueConsumer();
  const workerd = await serveWorker(modules, {
    vars: {
      RECORD_BYTES: String(Math.round(recordBytes)),
      RECORDS_PER_MESSAGE: String(Math.max(1, Math.round(recordsPerMessage))),
    },
    queues: ["QUEUE"],
    queueAddress: queue.address,
    durableObjects: { SUBJECTS: "Subject" },
  });
  return {
    workerd,
    queue,
    stop: async () => {
      await workerd.stop();
      queue.stop();
    },
  };
}
