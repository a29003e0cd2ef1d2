// Numbers one after the other in, a typed array that grows out: a list of millions without an object for each.

/** A list of numbers that grows in a typed array. */
export class NumberList<A extends Int32Array | Float64Array> {
  #array: A;
  length = 0;

  constructor(private readonly make: (length: number) => A) {
    this.#array = make(1024);
  }

  push(value: number): number {
    if (this.length === this.#array.length) {
      const bigger = this.make(this.length * 2);
      bigger.set(this.#array);
      this.#array = bigger;
    }
    this.#array[this.length] = value;
    return this.length++;
  }

  at(index: number): number {
    return this.#array[index] as number;
  }

  set(index: number, value: number): void {
    this.#array[index] = value;
  }

  /** A view of what is there; it holds until more is added. */
  values(): A {
    return this.#array.subarray(0, this.length) as A;
  }

  clear(): void {
    this.length = 0;
  }
}

export const integers = (): NumberList<Int32Array> => new NumberList((length) => new Int32Array(length));
export const floats = (): NumberList<Float64Array> => new NumberList((length) => new Float64Array(length));
