// The GPU image, which is built elsewhere: what it copies is there, and what it installs is what the engine and package.json name.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { packagesOf } from "../../training/engine/device.ts";

const dockerfile = readFileSync("training/Dockerfile", "utf8");
const instructions = dockerfile.replaceAll(/\\\n\s*/g, "").split("\n");
const ignored = readFileSync("training/Dockerfile.dockerignore", "utf8").split("\n");

describe("the GPU image", () => {
  it("copies what is in the tree and let through to the builder", () => {
    const copied = instructions
      .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
      .flatMap((line) => line.split(" ").slice(1, -1));
    expect(copied.length).toBeGreaterThan(0);
    for (const path of copied) {
      expect(existsSync(path), path).toBe(true);
      expect(ignored, path).toContain(`!${path.split("/")[0]}`);
    }
  });

  it("runs the Node that package.json pins, up to 22, which tfjs-node needs", () => {
    expect(dockerfile).toContain(`FROM node:${manifest.dependencies.node}-`);
    expect(Number(manifest.dependencies.node.split(".")[0])).toBeLessThanOrEqual(22);
  });

  it("installs the GPU package that the engine loads", () => {
    const [install = ""] = instructions.filter((line) => line.includes("npm install"));
    expect(install).toContain(`npm install --no-save --save-prod --omit=dev ${packagesOf("node-gpu").join(" ")}`);
  });
});
