// Sends requests over keep-alive connections and times each until the last byte of its answer. A process of its own, and a lean one: it
// shares the machine with what it measures, and HTTP clients of Node cost as much as the servers.
import { connect, type Socket } from "node:net";

/**
 * For so many seconds. Without `perSecond` the loop is closed: each connection sends the next request as soon as it has its answer. With it
 * the loop is open: requests are due at fixed times, whatever became of those before. One that finds all connections busy waits for the
 * first that is free, and its latency counts from when it was due: else a server that stalls would be asked less, and its stall would be
 * one slow request instead of all that came meanwhile. (Gil Tene's "coordinated omission": https://github.com/giltene/wrk2)
 */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
  readonly connectionCount: number;
  readonly seconds: number;
  readonly perSecond?: number | undefined;
}

export interface LoadReport {
  /** Until the last answer. */
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

function writeRequests({ port, path, headers, bodies }: LoadOrder): Buffer[] {
  const head = Object.entries({ host: `127.0.0.1:${port}`, "content-type": "application/json", ...headers });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return bodies.map((body) =>
    Buffer.from(`POST ${path} HTTP/1.1\r\n${lines}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  );
}

function openConnection(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket))
      .setNoDelay()
      .setEncoding("latin1");
    socket.on("error", reject); // of one that is open: its `close` tells
  });
}

/** Sends a request, and gives its answer to `take`. */
type Send = (request: Buffer, take: (answer: Answer) => void) => void;

/** One request at a time. */
function senderOver(socket: Socket, fail: (error: Error) => void): Send {
  let text = "";
  let taker: ((answer: Answer) => void) | null = null;
  socket.on("data", (piece: string) => {
    text += piece;
    const answer = readAnswer(text);
    if (!answer) return;
    text = "";
    taker?.(answer);
  });
  socket.on("close", () => fail(new Error("the server closed a connection")));
  return (request, take) => {
    taker = take;
    socket.write(request);
  };
}

/** Timers of Node are up to so late: the rest is waited for awake. */
const TIMER_SLACK_MS = 2;

function wakeIn(restMs: number, wake: () => void): void {
  if (restMs > TIMER_SLACK_MS) setTimeout(wake, restMs - TIMER_SLACK_MS);
  else setImmediate(wake);
}

function createTally() {
  const latenciesMs: number[] = [];
  let [failureCount, answerBytes, lastAnswer] = [0, 0, ""];
  return {
    add({ status, body }: Answer, latencyMs: number): void {
      latenciesMs.push(latencyMs);
      answerBytes += body.length;
      lastAnswer = body;
      if (status !== 200) failureCount++;
    },
    report: (seconds: number): LoadReport => ({
      ...{ seconds, failureCount, lastAnswer },
      latenciesMs: Float64Array.from(latenciesMs).sort(),
      answerBytes: answerBytes / latenciesMs.length,
    }),
  };
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const requests = writeRequests(order);
  const sockets = await Promise.all(Array.from({ length: order.connectionCount }, () => openConnection(order.port)));
  const tally = createTally();
  const startMs = performance.now();
  const endMs = startMs + order.seconds * 1000;
  const ended = Promise.withResolvers<void>();
  const free = sockets.map((socket) => senderOver(socket, ended.reject));
  let [sentCount, isWaiting] = [0, false];
  const dueAt = (nowMs: number) => (order.perSecond === undefined ? nowMs : startMs + (sentCount / order.perSecond) * 1000);
  const sendDue = (): void => {
    const nowMs = performance.now();
    const dueMs = dueAt(nowMs);
    if (dueMs >= endMs) {
      if (free.length === sockets.length) ended.resolve();
    } else if (dueMs > nowMs) wait(dueMs - nowMs);
    else ask(dueMs);
  };
  const wait = (restMs: number): void => {
    if (isWaiting) return;
    isWaiting = true;
    wakeIn(restMs, () => {
      isWaiting = false;
      sendDue();
    });
  };
  const ask = (dueMs: number): void => {
    const send = free.shift();
    if (!send) return; // it is sent once one of them is free
    const request = requests[sentCount++ % requests.length] as Buffer; // there is one
    send(request, (answer) => {
      tally.add(answer, performance.now() - dueMs);
      free.push(send);
      sendDue();
    });
    sendDue();
  };
  sendDue();
  await ended.promise;
  const seconds = (performance.now() - startMs) / 1000;
  for (const socket of sockets) socket.destroy();
  return tally.report(seconds);
}

process.on("message", (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      throw error;
    },
  );
});
