// npm run catalog -- site-key, as a process of its own: what it prints, the Worker takes.
import { describe, expect, it } from "vitest";
import { importHmacKey } from "../../../shared/access/signed-text.ts";
import { readSiteKey } from "../../../shared/access/site-key.ts";
import { runCli } from "./run-cli.ts";

const issue = (args: string[], env = {}) => runCli(["catalog", "site-key", ...args], env);

describe("npm run catalog -- site-key", () => {
  it("prints a key under the local secret, for as many days as were asked for", async () => {
    const { exitCode, stdout } = await issue(["news", "--days", "30"]);
    const { claims } = await readSiteKey(stdout.trim(), await importHmacKey("local-development-only"));
    expect([exitCode, claims?.siteId]).toEqual([0, "news"]);
    expect((claims?.expiresMs ?? 0) - (claims?.issuedMs ?? 0)).toBe(30 * 24 * 3_600_000);
    expect(Math.abs((claims?.issuedMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("prints one for ever under the secret that it is told", async () => {
    const { stdout } = await issue(["news"], { SELVEDGE_SITE_KEY_SECRET: "theirs" });
    expect((await readSiteKey(stdout.trim(), await importHmacKey("theirs"))).claims).toMatchObject({ expiresMs: null });
  });

  it.each([
    [["a b"], {}, "invalid_format at site"],
    [["news", "--days", "0"], {}, "from 1 to 36500"],
    [["news"], { SELVEDGE_STORE_ENDPOINT: "https://s3.amazonaws.com" }, "site_key_secret_missing at SELVEDGE_SITE_KEY_SECRET"],
  ])("prints none for %j under %j", async (args, env, message) => {
    const { exitCode, stdout, stderr } = await issue(args, env);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
  });
});
