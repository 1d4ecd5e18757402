// Seeded randomness for training: initial weights, shuffles, dropout. Counter-based, so that a stream is as fast to skip as to read.

const GOLDEN = 0x9e3779b9;

/** A signed 32-bit mix with full avalanche (Chris Wellons' lowbias32). */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** Pair `n` of a dropout mask is the lower and the upper half of `mix(first + n * stride)`: 0 below `threshold`, else `kept`. */
export interface DropoutDraw {
  readonly first: number;
  readonly stride: number;
  readonly threshold: number;
  readonly kept: number;
}

/** The n-th number of a stream is `mix(key + n * GOLDEN)`; a stream repeats after 2^32 numbers. */
export class Random {
  readonly #key: number;
  #counter = 0;

  constructor(seed: number) {
    this.#key = mix(seed);
  }

  /** An independent stream. Equal seeds and names give equal streams. */
  fork(name: string): Random {
    let key = this.#key;
    for (let index = 0; index < name.length; index++) key = mix(key ^ Math.imul(name.charCodeAt(index) + 1, GOLDEN));
    return new Random(key);
  }

  /** How far the stream has been read: a signed 32-bit number that `seek` takes. */
  get position(): number {
    return this.#counter;
  }

  seek(position: number): void {
    this.#counter = position;
  }

  uint32(): number {
    this.#counter = (this.#counter + GOLDEN) | 0;
    return mix(this.#key + this.#counter) >>> 0;
  }

  /** In [0, 1). */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Standard normal (Box and Muller, 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fills with numbers from [-limit, limit). */
  fillUniform(into: Float32Array, limit: number): Float32Array {
    const scale = limit / 2 ** 31;
    for (let index = 0; index < into.length; index++) into[index] = this.uint32() * scale - limit;
    return into;
  }

  /** Fills with 0 at the given rate, and with `1 / (1 - rate)` otherwise. Two masks a draw: the rate is kept to 16 bits. */
  fillDropout(into: Float32Array, rate: number): Float32Array {
    const threshold = Math.round(rate * 65536);
    const kept = 65536 / (65536 - threshold);
    const key = this.#key;
    let counter = this.#counter;
    for (let index = 0; index < into.length; index += 2) {
      counter = (counter + GOLDEN) | 0;
      const bits = mix(key + counter); // the sign of `half - threshold` as 0 or 1: a branch would be mispredicted
      into[index] = kept * (1 - (((bits & 0xffff) - threshold) >>> 31));
      if (index + 1 < into.length) into[index + 1] = kept * (1 - (((bits >>> 16) - threshold) >>> 31));
    }
    this.#counter = counter;
    return into;
  }

  /** What `fillDropout` would draw for so many numbers, told instead of drawn; the stream goes on behind it. */
  drawDropout(length: number, rate: number): DropoutDraw {
    const threshold = Math.round(rate * 65536);
    const first = this.#key + this.#counter + GOLDEN;
    this.#counter = (this.#counter + Math.imul(Math.ceil(length / 2), GOLDEN)) | 0;
    return { first: first | 0, stride: GOLDEN | 0, threshold, kept: 65536 / (65536 - threshold) };
  }

  /** Fisher and Yates, in place. */
  shuffle(items: Int32Array): Int32Array {
    for (let last = items.length - 1; last > 0; last--) {
      const other = Math.floor(this.uniform() * (last + 1));
      const kept = items[last]!;
      items[last] = items[other]!;
      items[other] = kept;
    }
    return items;
  }
}
