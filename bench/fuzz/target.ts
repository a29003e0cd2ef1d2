// What can be fuzzed: something that makes a damaged input in a folder, and what a user would do with it.
import type { Rng } from '../../src/core/rng.js';
import type { Damage } from './mutate.js';

export interface Target {
  readonly name: string;
  /** Inputs of each hundred that go to it. */
  readonly share: number;
  /** @returns what reads the input; making it is not timed */
  prepare(folder: string, rng: Rng, damage: Damage): Promise<() => Promise<void>>;
}

/** Reads to the end. */
export async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items) void _;
}
