// The image's entrypoint, with a stand-in for node that shows what the job would see.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "selvedge-entrypoint-"));
const onLinux = existsSync("/dev/shm");
const SHOW = `#!/bin/sh
echo "arguments $*"
echo "variable \${SELVEDGE_PRIVATE_KEY-none}"
[ -z "\${SELVEDGE_PRIVATE_KEY_FILE-}" ] || { stat -c "mode %a" "$SELVEDGE_PRIVATE_KEY_FILE"; cat "$SELVEDGE_PRIVATE_KEY_FILE"; rm "$SELVEDGE_PRIVATE_KEY_FILE"; }
`;
writeFileSync(join(folder, "node"), SHOW);
chmodSync(join(folder, "node"), 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

function enter(env: Record<string, string>): string[] {
  const options = { env: { PATH: `${folder}:/usr/bin:/bin`, ...env }, encoding: "utf8" } as const;
  return execFileSync("/bin/sh", ["training/entrypoint.sh", "retrain", "--task", "ad-click"], options).trim().split("\n");
}

describe.skipIf(!onLinux)("the image's entrypoint (needs /dev/shm)", () => {
  it("hands the signing key over as a private file, and takes it out of the environment", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----";
    const expected = ["arguments training/cli.ts retrain --task ad-click", "variable none", "mode 600", ...key.split("\n")];
    expect(enter({ SELVEDGE_PRIVATE_KEY: key })).toEqual(expected);
  });

  it("runs without a key, too", () => {
    expect(enter({})).toEqual(["arguments training/cli.ts retrain --task ad-click", "variable none"]);
  });
});
