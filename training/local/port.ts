// Whether something already listens on a port, said before anything else is done.
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
