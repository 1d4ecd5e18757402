// The line that CI's reader counts by: right for a green run, a red one, a file that did not load and no report at all.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "selvedge-ci-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, "report.json");
const counts = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1, testResults: [] as object[] };

function closingLine(report: object | string, status: number): string {
  writeFileSync(file, typeof report === "string" ? report : JSON.stringify(report));
  return execFileSync(process.execPath, [".ci/closing-line.mjs", file, String(status)], { encoding: "utf8" });
}

describe("the closing line", () => {
  it("counts a green run", () => {
    expect(closingLine(counts, 0)).toBe("7 passed, 0 failed, 3 skipped\n");
  });

  it("counts failed tests, and a file that did not load as one", () => {
    const broken = { status: "failed", assertionResults: [] };
    expect(closingLine({ ...counts, numFailedTests: 2, testResults: [broken] }, 1)).toBe("7 passed, 3 failed, 3 skipped\n");
  });

  it("never calls a run that failed green", () => {
    expect(closingLine(counts, 1)).toBe("7 passed, 1 failed, 3 skipped\n");
    expect(closingLine("", 1)).toBe("0 passed, 1 failed, 0 skipped\n");
  });
});
