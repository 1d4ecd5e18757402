// The counts of a statistic field as text: what the feature map carries of them, and how it is written and read.
import { decodeBase64, encodeBase64 } from "../artifact/base64.ts";

/** Counts stop here: the last bucket begins below it, so that one less still lands in the same bucket. */
export const MAX_COUNT = 255;

/** For each key, in ascending order, how many examples had the label 1 and 0. */
export interface Counts {
  readonly keys: Uint32Array;
  readonly ones: Uint8Array;
  readonly zeros: Uint8Array;
}

/** `Counts` in base64; keys as little-endian 32-bit integers. */
export interface WrittenCounts {
  readonly keys: string;
  readonly ones: string;
  readonly zeros: string;
}

/** @example writeCounts({ keys: Uint32Array.of(7), ones: Uint8Array.of(1), zeros: Uint8Array.of(0) }).keys; // "BwAAAA==" */
export function writeCounts({ keys, ones, zeros }: Counts): WrittenCounts {
  const view = new DataView(new ArrayBuffer(keys.length * 4));
  keys.forEach((key, index) => {
    view.setUint32(index * 4, key, true);
  });
  return { keys: encodeBase64(new Uint8Array(view.buffer)), ones: encodeBase64(ones), zeros: encodeBase64(zeros) };
}

/** Of counts that `areCounts` accepts. */
export function readCounts({ keys, ones, zeros }: WrittenCounts): Counts {
  return { keys: readKeys(readBytes(keys)), ones: readBytes(ones), zeros: readBytes(zeros) };
}

/** Whether the text can be read: as many counts as keys, and keys that ascend. */
export function areCounts({ keys, ones, zeros }: WrittenCounts): boolean {
  const [keyBytes, oneBytes, zeroBytes] = [keys, ones, zeros].map(decodeBase64);
  if (!keyBytes || !oneBytes || !zeroBytes) return false;
  if (keyBytes.length !== oneBytes.length * 4 || oneBytes.length !== zeroBytes.length) return false;
  return readKeys(keyBytes).every((key, index, all) => index === 0 || (all[index - 1] as number) < key); // index > 0
}

const readBytes = (text: string): Uint8Array<ArrayBuffer> => decodeBase64(text) ?? new Uint8Array(0);

function readKeys(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: bytes.length >> 2 }, (_, index) => view.getUint32(index * 4, true));
}
