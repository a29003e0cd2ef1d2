// A small cache of compiled graphs, one per shape, and the rule that keeps the number of shapes small.
import { engineError } from './errors.js';

interface Entry<V> {
  readonly made: Promise<V>;
  /** Calls that work with it now. */
  users: number;
  /** Thrown out while it was in use: whoever is done with it last disposes of it. */
  dropped: boolean;
}

/**
 * Least recently used entries are disposed of once nobody works with them; an entry
 * that is still being made is made once.
 */
export class SessionCache<K, V extends { dispose(): Promise<void> }> {
  readonly #entries = new Map<string, Entry<V>>();

  /**
   * @param capacity entries kept
   * @param create makes the entry for a key
   * @param keyOf text that is equal for equal keys; default JSON
   */
  constructor(
    private readonly capacity: number,
    private readonly create: (key: K) => Promise<V>,
    private readonly keyOf: (key: K) => string = (key) => JSON.stringify(key),
  ) {
    if (!(capacity >= 1))
      throw engineError('internal', `SessionCache: capacity ${capacity}`, 'Keep at least one entry.');
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry for a key, made when missing. Use it before asking for `capacity` others: it may be disposed of then. */
  async get(key: K): Promise<V> {
    const entry = this.#take(key);
    await this.#evict();
    return entry.made;
  }

  /** Works with the entry for a key, which is kept meanwhile, whatever other calls ask for. */
  async use<T>(key: K, work: (value: V) => Promise<T>): Promise<T> {
    const entry = this.#take(key);
    entry.users++;
    try {
      await this.#evict();
      return await work(await entry.made);
    } finally {
      entry.users--;
      if (entry.dropped && entry.users === 0) await disposeOf(entry);
    }
  }

  #take(key: K): Entry<V> {
    const name = this.keyOf(key);
    const known = this.#entries.get(name);
    this.#entries.delete(name);
    const entry: Entry<V> = known ?? { made: this.create(key), users: 0, dropped: false };
    // A failure is not kept: the next request tries again.
    if (!known)
      entry.made.catch(() => {
        if (this.#entries.get(name) === entry) this.#entries.delete(name);
      });
    this.#entries.set(name, entry);
    return entry;
  }

  async #evict(): Promise<void> {
    while (this.#entries.size > this.capacity) {
      const [oldest, entry] = this.#entries.entries().next().value as [string, Entry<V>];
      this.#entries.delete(oldest);
      await this.#drop(entry);
    }
  }

  async #drop(entry: Entry<V>): Promise<void> {
    entry.dropped = true;
    if (entry.users === 0) await disposeOf(entry);
  }

  /** Disposes of everything; what is in use, when it no longer is. */
  async clear(): Promise<void> {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of all) await this.#drop(entry);
  }
}

async function disposeOf(entry: Entry<{ dispose(): Promise<void> }>): Promise<void> {
  await (await entry.made.catch(() => undefined))?.dispose();
}

export interface GeometricBuckets {
  /** Smallest bucket; default 16. */
  readonly first?: number;
  /** Ratio between neighbours, above 1; default 1.25, so at most a fifth of a bucket is padding. */
  readonly ratio?: number;
  /** Every bucket is a multiple of this; default 8. */
  readonly multiple?: number;
}

/**
 * The smallest bucket that holds n.
 * @param buckets a list in any order, or a geometric rule (the default)
 * @throws EngineError internal when n is larger than every bucket of the list
 */
export function bucketLength(n: number, buckets: readonly number[] | GeometricBuckets = {}): number {
  if ('length' in buckets) {
    const fitting = buckets.filter((bucket) => bucket >= n);
    if (fitting.length === 0)
      throw engineError(
        'internal',
        `bucketLength: ${n} exceeds the largest bucket ${Math.max(...buckets)}`,
        'Add a larger bucket or split the input.',
      );
    return Math.min(...fitting);
  }
  const { first = 16, ratio = 1.25, multiple = 8 } = buckets;
  if (!(ratio > 1 && first > 0 && multiple > 0))
    throw engineError(
      'internal',
      `bucketLength: first ${first}, ratio ${ratio}, multiple ${multiple}`,
      'The ratio must exceed 1, the others 0.',
    );
  let bucket = Math.ceil(first / multiple) * multiple;
  while (bucket < n) bucket = Math.max(bucket + multiple, Math.ceil((bucket * ratio) / multiple) * multiple);
  return bucket;
}
