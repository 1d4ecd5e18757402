// The store suite against a second, independent S3 server, versitygw, where its binary is given:
// VERSITYGW=$(go env GOPATH)/bin/versitygw after `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { createEdgeStore } from "../../../functions/model/edge-store.ts";
import { findFreePort } from "../../../training/local/port.ts";
import { createS3Store } from "../../../training/publish/s3-store.ts";
import { conformsToStore, listsKeys } from "../../store-conformance.ts";

const binary = process.env.VERSITYGW ?? "";
const BUCKET = "selvedge-artifacts";
const credentials = { accessKeyId: "versity", secretAccessKey: "versity-secret" };
const connection = { region: "us-east-1", endpoint: "" };
let folder: string;
let server: ChildProcess;

async function waitUntilAnswered(url: string): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await fetch(url).catch(() => null))) {
    if (Date.now() > deadlineMs) throw new Error("versitygw does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.skipIf(!existsSync(binary))("versitygw (needs its binary, named by VERSITYGW)", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "selvedge-versitygw-"));
    await mkdir(join(folder, BUCKET)); // a folder is a bucket there
    const port = await findFreePort();
    const { accessKeyId, secretAccessKey } = credentials;
    const args = [
      "--access",
      accessKeyId,
      "--secret",
      secretAccessKey,
      "--port",
      `127.0.0.1:${port}`,
      "--quiet",
      "posix",
      folder,
    ];
    server = spawn(binary, args, { stdio: "ignore" });
    connection.endpoint = `http://127.0.0.1:${port}`;
    await waitUntilAnswered(connection.endpoint);
  });
  afterAll(async () => {
    const ended = once(server, "exit");
    server.kill();
    await ended;
    await rm(folder, { recursive: true });
  });

  const prefix = () => `test/${randomUUID()}/`;
  const s3Store = () => createS3Store({ ...connection, credentials }, BUCKET, { pageSize: 10 });
  const edgeStore = () => createEdgeStore({ ...connection, ...credentials, bucket: BUCKET, timeoutMs: 5000 });
  conformsToStore("the S3 store", async () => ({ store: s3Store(), prefix: prefix() }));
  conformsToStore("the edge store", async () => ({ store: edgeStore(), prefix: prefix() }));
  listsKeys("the S3 store", async () => ({ store: s3Store(), prefix: prefix() }));
});
