// Which commit an artifact says that it came from.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { readCodeCommit } from "../../../training/jobs/code-commit.ts";

it("is the image's, where it says so", async () => {
  expect(await readCodeCommit({ SELVEDGE_CODE_COMMIT: "0123abc" })).toBe("0123abc");
});

it.skipIf(!existsSync(".git"))("is the checkout's otherwise (needs a git checkout)", async () => {
  const log = execFileSync("git", ["log", "-20", "--format=%H"], { encoding: "utf8" }).split("\n");
  expect(log).toContain(await readCodeCommit({}));
});
