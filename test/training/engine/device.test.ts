import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { openDevice } from "../../../training/engine/device.ts";
import { checkDevice } from "../../../training/engine/device-check.ts";

describe("opening a device", () => {
  it.each(["wasm", "cpu"] as const)("%s passes the check and becomes tfjs's backend", async (name) => {
    expect(await openDevice(name)).toEqual({ name, skipped: [] });
    expect(tf.getBackend()).toBe(name);
  });

  it.each([
    ["node-gpu", "@tensorflow/tfjs-node-gpu@4.22.0"],
    ["node", "@tensorflow/tfjs-node@4.22.0"],
    ["webgpu", "webgpu@0.6.2"],
  ] as const)("%s, where it is not installed, says what to install", async (name, wanted) => {
    const absent = await import(wanted.slice(0, wanted.lastIndexOf("@"))).then(
      () => false,
      () => true,
    );
    if (!absent) return;
    const failure = await openDevice(name).catch((error) => error);
    expect(failure).toMatchObject({ code: "device_unavailable", path: "device" });
    expect(failure.message).toContain(`npm install --no-save`);
    expect(failure.message).toContain(wanted);
  });

  it("auto names every device that it passed over, and why", async () => {
    const { name, skipped } = await openDevice("auto");
    expect([name, ...skipped.map(({ device }) => device)].toSorted()).toEqual(["node", "node-gpu", "wasm", "webgpu"]);
    for (const { reason } of skipped) expect(reason).toMatch(/npm install|slower than/);
  });
});

describe("the start-up check", () => {
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
      await expect(checkDevice("wasm")).rejects.toMatchObject({ code: "device_incorrect" });
      await expect(openDevice("wasm")).rejects.toMatchObject({ code: "device_incorrect" });
      const { name, skipped } = await openDevice("auto");
      expect(name).not.toBe("wasm");
      expect(skipped.find(({ device }) => device === "wasm")?.reason).toContain("wrong gradients");
    }));

  it("refuses a device that lacks a kernel", () =>
    withRelu(null, async () => {
      await expect(checkDevice("wasm")).rejects.toMatchObject({ code: "device_incorrect", path: "device" });
    }));
});
