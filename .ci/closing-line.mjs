// Prints "N passed, N failed, N skipped" from vitest's JSON report, for machines to read: node closing-line.mjs REPORT STATUS
import { readFileSync } from "node:fs";

const [file, status] = process.argv.slice(2);

function count() {
  try {
    const { testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(file, "utf8"));
    const broken = testResults.filter((result) => result.status === "failed" && result.assertionResults.length === 0).length;
    return { passed: numPassedTests, failed: numFailedTests + broken, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }; // no report: the checks before the tests failed, which the status says
  }
}

const { passed, failed, skipped } = count();
console.log(`${passed} passed, ${status === "0" ? failed : Math.max(1, failed)} failed, ${skipped} skipped`);
