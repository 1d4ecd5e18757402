// A growing list of numbers in typed arrays, 8 bytes each.

export class NumberList {
  #numbers = new Float64Array(1024);
  #length = 0;

  add(number: number): void {
    if (this.#length === this.#numbers.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#length++] = number;
  }

  /** The numbers so far, not copied. */
  view(): Float64Array {
    return this.#numbers.subarray(0, this.#length);
  }
}
