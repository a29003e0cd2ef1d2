// Seeded random streams: one seed in, named child streams out, so that adding a draw in one place
// never shifts the numbers of another. Generator: xoshiro128** (Blackman and Vigna, 2018).
import { createHash } from 'node:crypto';

export type RngState = readonly [number, number, number, number];

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

export class Rng {
  readonly #path: string;
  #s: [number, number, number, number];

  private constructor(path: string, state: RngState) {
    this.#path = path;
    this.#s = [state[0], state[1], state[2], state[3]];
  }

  static fromSeed(seed: number | string): Rng {
    return Rng.#atPath(String(seed));
  }

  static #atPath(path: string): Rng {
    const digest = createHash('sha256').update(path).digest();
    return new Rng(path, [
      digest.readInt32LE(0),
      digest.readInt32LE(4),
      digest.readInt32LE(8),
      digest.readInt32LE(12) | 1,
    ]);
  }

  /** A child stream that depends on the seed and the names on the way to it, not on what was drawn before. */
  fork(name: string | number): Rng {
    return Rng.#atPath(`${this.#path}/${name}`);
  }

  /** The position in the stream, for checkpoints; `restore` continues from it. */
  get state(): RngState {
    return [...this.#s];
  }

  restore(state: RngState): void {
    this.#s = [state[0], state[1], state[2], state[3]];
  }

  /** Uniform integer in [0, 2^32). */
  uint32(): number {
    const s = this.#s;
    const result = Math.imul(rotl(Math.imul(s[1], 5), 7), 9);
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11);
    return result >>> 0;
  }

  /** Uniform in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.uint32() / 4294967296;
  }

  /** Uniform integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal (Box and Muller, 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fisher-Yates; changes and returns the given array. */
  shuffleInPlace<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j] as T, items[i] as T];
    }
    return items;
  }

  /** @throws RangeError on an empty list */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Rng.choice: the list is empty');
    return items[this.integer(items.length)] as T;
  }
}
