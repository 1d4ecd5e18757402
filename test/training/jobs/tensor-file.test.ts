// A file of tensors is whole, or refused by name: every cut and every flipped bit is found.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { tensorOf } from "../../../training/engine/checkpoint.ts";
import { tensorFile } from "../../../training/jobs/tensor-file.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-tensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, "some.safetensors");
const slot = tensorFile(path);
const tensors = new Map([
  ["a", tensorOf(Float32Array.of(1, -0, Number.NaN))],
  ["b", tensorOf(Int32Array.of(-1, 2 ** 31 - 1))],
  ["c", tensorOf(Int8Array.of(1, 2, 3))],
]);

describe("a file of tensors", () => {
  it("gives back what was written last, and nothing before and after", async () => {
    expect(await slot.read()).toBeNull();
    await slot.write(new Map([["a", tensorOf(Int8Array.of(7))]]));
    await slot.write(tensors);
    expect(await slot.read()).toEqual(tensors);
    expect(readdirSync(folder)).toEqual(["some.safetensors"]);
    await slot.remove();
    expect(await slot.read()).toBeNull();
    await slot.remove();
  });

  it("is not changed by a write that was cut off", async () => {
    await slot.write(tensors);
    writeFileSync(`${path}.partial`, "the beginning");
    expect(await slot.read()).toEqual(tensors);
    await slot.write(tensors);
    expect(readdirSync(folder)).toEqual(["some.safetensors"]);
  });

  it("that is cut short or lengthened is refused", async () => {
    await slot.write(tensors);
    const bytes = readFileSync(path);
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      await expect(slot.read()).rejects.toMatchObject({ code: "checkpoint_unusable", path });
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.of(0)]));
    await expect(slot.read()).rejects.toMatchObject({ code: "checkpoint_unusable", path });
  });

  it("with any bit flipped is refused", async () => {
    await slot.write(tensors);
    const bytes = readFileSync(path);
    const flip = fc.tuple(fc.nat(bytes.length - 1), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bit]) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 1 << bit;
        writeFileSync(path, damaged);
        await expect(slot.read()).rejects.toMatchObject({ code: "checkpoint_unusable", path });
      }),
    );
  });

  it("that cannot be written says so, and leaves the one of before", async () => {
    await slot.write(tensors);
    mkdirSync(`${path}.partial`);
    await expect(slot.write(new Map())).rejects.toMatchObject({ code: "checkpoint_unwritable", path });
    expect(await slot.read()).toEqual(tensors);
    await slot.write(new Map());
    expect(readdirSync(folder)).toEqual(["some.safetensors"]);
  });

  it("that is a folder is refused", async () => {
    await expect(tensorFile(folder).read()).rejects.toMatchObject({ code: "checkpoint_unusable", path: folder });
  });
});
