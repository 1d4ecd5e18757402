// Weights as a publisher with a bug would make them: the file's bytes, its header, its tensors, or the numbers in them.
import { readSafetensors, type Tensor, writeSafetensors } from "../../../../shared/artifact/safetensors.ts";
import type { Random } from "../../../shared/scoring/random-model.ts";
import { below, damageBytes, EXTREMES, pick } from "./damage.ts";

interface Entry {
  dtype: unknown;
  shape: number[];
  data_offsets: number[];
}

/** The same seed gives the same damage. */
export function mutateWeights(random: Random, weights: Uint8Array): Uint8Array<ArrayBuffer> {
  const choice = random();
  if (choice < 0.15) return damageBytes(random, weights);
  if (choice < 0.2) return damageHeaderLength(random, weights);
  if (choice < 0.45) return damageHeader(random, weights);
  return damageTensors(random, weights);
}

const lengthOf = (weights: Uint8Array): number => Number(new DataView(weights.buffer, weights.byteOffset).getBigUint64(0, true));

function damageHeaderLength(random: Random, weights: Uint8Array): Uint8Array<ArrayBuffer> {
  const damaged = weights.slice();
  const length = BigInt(lengthOf(weights));
  const lengths = [0n, 1n, length - 1n, length + 1n, length + 8n, BigInt(weights.length), 1n << 31n, 1n << 53n, (1n << 64n) - 1n];
  new DataView(damaged.buffer).setBigUint64(0, pick(random, lengths), true);
  return damaged;
}

function damageHeader(random: Random, weights: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = lengthOf(weights);
  const header: Record<string, Entry> = JSON.parse(new TextDecoder().decode(weights.subarray(8, 8 + length)));
  const names = Object.keys(header);
  for (let hits = 1 + below(random, 2); hits > 0; hits--) damageEntry(random, header, pick(random, names), pick(random, names));
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padding = below(random, 4) === 0 ? below(random, 9) : (8 - (json.length % 8)) % 8;
  const data = weights.subarray(8 + length);
  const damaged = new Uint8Array(8 + json.length + padding + data.length).fill(0x20);
  new DataView(damaged.buffer).setBigUint64(0, BigInt(json.length + padding), true);
  damaged.set(json, 8);
  damaged.set(data, 8 + json.length + padding);
  return damaged;
}

function damageEntry(random: Random, header: Record<string, Entry>, name: string, other: string): void {
  const [entry, another] = [header[name], header[other]];
  if (!entry || !another) return; // renamed by the hit before
  const extreme = pick(random, EXTREMES);
  switch (below(random, 9)) {
    case 0:
      entry.dtype = pick<unknown>(random, ["F32", "I8", "I32", "F16", 1, null, ["I8"]]);
      return;
    case 1:
      entry.shape[below(random, entry.shape.length)] = extreme;
      return;
    case 2:
      entry.shape.push(pick(random, [1, 0, extreme]));
      return;
    case 3:
      entry.shape.reverse();
      return;
    case 4:
      entry.data_offsets[below(random, 3)] = extreme;
      return;
    case 5:
      entry.data_offsets = [...another.data_offsets];
      return;
    case 6:
      [header[name], header[other]] = [another, entry];
      return;
    case 7:
      delete header[name];
      return;
    default:
      delete header[name];
      header[pick(random, [`${name}.scale`, name.slice(1), "__metadata__", "", "mlp.9.weight"])] = entry;
  }
}

const FLOATS = [Number.NaN, Infinity, -Infinity, 0, -0, -1, 1e38, -1e38, 3.4e38, 1e-38, 1e-45, -1e-45, 1e30, 1e-30, 2 ** 24];
const INTEGERS = { I8: [-128, -127, 127, 0, 1, -1], I32: [-(2 ** 31), 2 ** 31 - 1, -1, 0, 1, 7, 65_536] };

/** Sound as a file, and whatever as a model. */
function damageTensors(random: Random, weights: Uint8Array): Uint8Array<ArrayBuffer> {
  const tensors = new Map(
    [...readSafetensors(weights)].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
  const names = [...tensors.keys()];
  for (let hits = 1 + below(random, 3); hits > 0; hits--) {
    const [name, other] = [pick(random, names), pick(random, names)];
    const [tensor, another] = [tensors.get(name), tensors.get(other)];
    if (!tensor || !another) continue; // dropped by the hit before
    const choice = below(random, 12);
    if (choice === 0) tensors.delete(name);
    else if (choice === 1) tensors.set(name, another).set(other, tensor);
    else if (choice === 2) tensors.set(`${name}x`, tensor);
    else if (choice === 3) tensors.set(name, resize(random, tensor));
    else damageNumbers(random, tensor);
  }
  return writeSafetensors(tensors);
}

function damageNumbers(random: Random, { dtype, data }: Tensor): void {
  const number = () => pick(random, dtype === "F32" ? FLOATS : INTEGERS[dtype]);
  const [one, at, length] = [number(), below(random, data.length), 1 + below(random, data.length)];
  if (below(random, 3) > 0) data.fill(one, at, at + (below(random, 2) === 0 ? 1 : length));
  else for (let i = 0; i < data.length; i++) data[i] = number();
}

function resize(random: Random, { dtype, shape, data }: Tensor) {
  const grown = shape.with(below(random, shape.length), pick(random, [0, 1, 2, 16, 40]));
  const length = grown.reduce((product, size) => product * size, 1);
  const resized = new { F32: Float32Array, I8: Int8Array, I32: Int32Array }[dtype](length);
  resized.set(data.subarray(0, length));
  return { dtype, shape: grown, data: resized };
}
