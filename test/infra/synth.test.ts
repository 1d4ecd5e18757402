// Runs infra's own checks where its packages are installed; they stay out of the root install.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const installed = existsSync("infra/node_modules/aws-cdk-lib");

describe("infra", () => {
  it.skipIf(!installed)("type-checks and passes its own tests (needs: cd infra && npm ci)", { timeout: 120_000 }, async () => {
    const { stdout } = await promisify(execFile)("npm", ["test"], { cwd: "infra" });
    expect(stdout).toMatch(/^# fail 0$/m);
  });
});
