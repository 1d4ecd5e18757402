// Keys: made once, kept private, read from a file or from the environment.
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEnvelope, signEnvelope } from "../../../shared/artifact/envelope.ts";
import { generateKeys, readKeys, readOrGenerateKeys } from "../../../training/publish/keys.ts";
import { PUBLIC_KEYS } from "../../signing-keys.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-keys-"));
});
afterEach(() => rm(folder, { recursive: true }));

const settings = () => ({ privateKeyFile: join(folder, "keys", "private.pem"), privateKey: null, publicKeys: "" });
const TYPE = "application/vnd.selvedge.pointer+json";

describe("keys", () => {
  it("are made on the first use and the same on the next", async () => {
    const first = await readOrGenerateKeys(settings());
    const second = await readOrGenerateKeys(settings());
    expect(second.publicKey).toBe(first.publicKey);
    expect(await openEnvelope(TYPE, await signEnvelope(TYPE, { a: 1 }, first.signing), second.trusted)).toEqual({ a: 1 });
  });

  it("are readable by their owner only, with the public half beside", async () => {
    const { publicKey } = await readOrGenerateKeys(settings());
    expect((await stat(settings().privateKeyFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, "keys", "public.txt"), "utf8")).toBe(`${publicKey}\n`);
  });

  it("are never replaced", async () => {
    await generateKeys(folder);
    await expect(generateKeys(folder)).rejects.toMatchObject({ code: "key_exists" });
  });

  it("come from the environment where it carries them, with other publishers' trusted beside", async () => {
    const made = await readFile(await generateKeys(folder), "utf8");
    const keys = await readKeys({ ...settings(), privateKey: made, publicKeys: PUBLIC_KEYS.second });
    expect(keys.trusted.size).toBe(2);
  });

  it("that are missing or none say what to do", async () => {
    await expect(readKeys(settings())).rejects.toMatchObject({ code: "key_missing", path: settings().privateKeyFile });
    const file = join(folder, "bad.pem");
    await writeFile(file, "hello");
    await expect(readKeys({ ...settings(), privateKeyFile: file })).rejects.toMatchObject({ code: "key_malformed", path: file });
  });
});
