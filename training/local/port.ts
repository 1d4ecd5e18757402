// Ports of this machine: whether one is taken, said before anything else is done, and which one is free.
import { createServer } from "node:net";
import { CodedError } from "../../shared/schemas/coded-error.ts";

/** Throws `CodedError`: `port_in_use`, `port_refused`. */
export function refuseTakenPort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      const detail = taken
        ? `something listens on ${port} already, perhaps another npm start; stop it, or choose another with --port`
        : `cannot listen on ${port}: ${cause.message}`;
      reject(new CodedError(taken ? "port_in_use" : "port_refused", "--port", detail, undefined, { cause }));
    });
    server.listen(port, "localhost", () => server.close(() => resolve()));
  });
}

/** A port that was free a moment ago: for a server that must be told its origin before it listens. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "localhost", () => {
      const address = server.address();
      if (!address || typeof address === "string") return reject(new Error("a TCP server has an address and a port"));
      server.close(() => resolve(address.port));
    });
  });
}
