// npm run devices: a line for every device, whatever is installed here.
import { describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

describe("npm run devices", () => {
  it("says of every device whether it computes what it should, or what to do", { timeout: 60_000 }, async () => {
    const { exitCode, stdout } = await runCli(["devices"]);
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["node", "webgpu", "node-gpu", "wasm", "cpu"]);
    for (const line of lines) expect(line).toMatch(/passes, [\d.]+ ms a batch$|npm run devices -- --install/);
    expect(lines.slice(-2).every((line) => line.includes("passes"))).toBe(true);
    expect(exitCode).toBe(0);
  });

  it("installs nothing that it does not know", async () => {
    const { exitCode, stderr } = await runCli(["devices", "--install", "abacus"]);
    expect(stderr).toContain("node, webgpu, node-gpu");
    expect(exitCode).toBe(1);
  });
});
