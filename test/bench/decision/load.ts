// Sends requests over keep-alive connections and times each from its first byte to its last. A process of its own, and a lean one: it
// shares the machine with what it measures, and HTTP clients of Node cost as much as the servers.
import { connect } from "node:net";

/** Each connection sends the next request as soon as it has its answer, for so long. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
  readonly connectionCount: number;
  readonly seconds: number;
}

export interface LoadReport {
  readonly seconds: number;
  /** Of each answered request, sorted. */
  readonly latenciesMs: Float64Array;
  readonly failureCount: number;
  /** Bytes of an answer's body, on average. */
  readonly answerBytes: number;
  /** The body of the last answer. */
  readonly lastAnswer: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const HEADER_END = "\r\n\r\n";

/** Null while the answer is not complete. */
function readAnswer(text: string): Answer | null {
  const end = text.indexOf(HEADER_END);
  if (end === -1) return null;
  const head = text.slice(0, end).toLowerCase();
  const body = text.slice(end + HEADER_END.length);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length) ? { status, body } : null;
  return body.endsWith("0\r\n\r\n") ? { status, body } : null; // chunked
}

function run(order: LoadOrder): Promise<LoadReport> {
  const { port, path, headers, bodies, connectionCount } = order;
  const head = Object.entries({ host: `127.0.0.1:${port}`, "content-type": "application/json", ...headers });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const requests = bodies.map((body) =>
    Buffer.from(`POST ${path} HTTP/1.1\r\n${lines}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  );
  const latenciesMs: number[] = [];
  let [sentCount, openCount, failureCount, answerBytes, lastAnswer] = [0, connectionCount, 0, 0, ""];
  const startedMs = performance.now();
  const report = (): LoadReport => ({
    seconds: (performance.now() - startedMs) / 1000,
    latenciesMs: Float64Array.from(latenciesMs).sort(),
    failureCount,
    answerBytes: answerBytes / latenciesMs.length,
    lastAnswer,
  });
  return new Promise((resolve, reject) => {
    const open = () => {
      const socket = connect(port, "127.0.0.1").setNoDelay().setEncoding("latin1");
      let [text, sentMs] = ["", 0];
      const send = () => {
        sentMs = performance.now();
        socket.write(requests[sentCount++ % requests.length] as Buffer); // there is one
      };
      const take = ({ status, body }: Answer) => {
        latenciesMs.push(performance.now() - sentMs);
        answerBytes += body.length;
        lastAnswer = body;
        if (status !== 200) failureCount++;
      };
      socket.on("connect", send);
      socket.on("error", reject);
      socket.on("data", (piece: string) => {
        text += piece;
        const answer = readAnswer(text);
        if (!answer) return;
        text = "";
        take(answer);
        if (performance.now() - startedMs < order.seconds * 1000) return send();
        socket.end();
        if (--openCount === 0) resolve(report());
      });
    };
    for (let index = 0; index < connectionCount; index++) open();
  });
}

process.on("message", (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      throw error;
    },
  );
});
