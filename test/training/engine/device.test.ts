import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { openDevice, packagesOf } from "../../../training/engine/device.ts";
import { checkDevice } from "../../../training/engine/device-check.ts";
import { OPTIONAL_DEVICES } from "../../../training/jobs/install-devices.ts";
import { isInstalled } from "./installed-devices.ts";

describe("opening a device", () => {
  it.each(["wasm", "cpu"] as const)("%s passes the check and becomes tfjs's backend", async (name) => {
    expect(await openDevice(name)).toEqual({ name, skipped: [] });
    expect(tf.getBackend()).toBe(name);
  });

  it.each(OPTIONAL_DEVICES.filter((name) => !isInstalled(name)))("%s, which is not installed, says what to do", async (name) => {
    const failure = await openDevice(name).catch((error) => error);
    expect(failure).toMatchObject({ code: "device_unavailable", path: "device" });
    expect(failure.message).toContain(`npm run devices -- --install ${name}`);
  });

  it("installs the versions that package.json names", () => {
    const peers = Object.entries(manifest.peerDependencies).map(([name, version]) => `${name}@${version}`);
    expect(OPTIONAL_DEVICES.flatMap(packagesOf).toSorted()).toEqual(peers.toSorted());
  });

  it("auto names every device that it passed over, and why", async () => {
    const { name, skipped } = await openDevice("auto");
    expect([name, ...skipped.map(({ device }) => device)].toSorted()).toEqual(["node", "node-gpu", "wasm", "webgpu"]);
    for (const { detail } of skipped) expect(detail).toMatch(/npm run devices|slower than/);
  });
});

describe("the start-up check", () => {
  const TOLERANCE = 1e-5;

  /** Runs with the wasm backend's ReLU replaced, or gone. */
  async function withRelu(kernelName: "Elu" | null, run: () => Promise<void>): Promise<void> {
    await openDevice("wasm");
    const relu = tf.getKernel("Relu", "wasm");
    tf.unregisterKernel("Relu", "wasm");
    if (kernelName) tf.registerKernel({ ...relu, kernelFunc: tf.getKernel(kernelName, "wasm").kernelFunc });
    try {
      await run();
    } finally {
      if (kernelName) tf.unregisterKernel("Relu", "wasm");
      tf.registerKernel(relu);
    }
  }

  it("refuses a device whose kernels are wrong, and auto goes on to the next", () =>
    withRelu("Elu", async () => {
      await expect(checkDevice("wasm", TOLERANCE)).rejects.toMatchObject({ code: "device_incorrect" });
      await expect(openDevice("wasm")).rejects.toMatchObject({ code: "device_incorrect" });
      const { name, skipped } = await openDevice("auto");
      expect(name).not.toBe("wasm");
      expect(skipped.find(({ device }) => device === "wasm")).toMatchObject({ reason: "device_incorrect" });
    }));

  it("refuses a device that lacks a kernel", () =>
    withRelu(null, async () => {
      await expect(checkDevice("wasm", TOLERANCE)).rejects.toMatchObject({ code: "device_incorrect", path: "device" });
    }));
});
