// The process that sends requests, from the side that gives it orders.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LoadOrder, LoadReport } from "./load.ts";

export interface LoadClient {
  /** One at a time. @throws Error where the process ends instead */
  send(order: LoadOrder): Promise<LoadReport>;
  stop(): void;
}

export function startLoadClient(): LoadClient {
  const child = fork(fileURLToPath(new URL("load.ts", import.meta.url)), { serialization: "advanced" });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the client ended with ${code}; its message is above`);
  });
  ended.catch(() => {}); // who waits for an answer hears of it
  return {
    async send(order) {
      const answered = once(child, "message");
      child.send(order);
      const [report] = (await Promise.race([answered, ended])) as [LoadReport]; // what load.ts sends
      return report;
    },
    stop: () => void child.kill(),
  };
}
