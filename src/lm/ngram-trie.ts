// A trie of n-grams over integer symbols in flat typed arrays, with a link from every n-gram to its suffix (the
// n-gram without its first symbol). Node 0 is the empty n-gram. Counting, estimation and scoring share it.

/** The arrays of a finished trie, as a file keeps them; see the fields of NgramTrie. */
export interface TrieArrays {
  readonly parent: Int32Array;
  readonly symbol: Int32Array;
  readonly length: Uint8Array;
  readonly suffix: Int32Array;
  readonly slots: Int32Array;
}

/** Node of the empty n-gram. */
export const rootNode = 0;

export class NgramTrie {
  /** Per node: the n-gram without its last symbol, its last symbol, its length, the n-gram without its first symbol. */
  parent: Int32Array;
  symbol: Int32Array;
  length: Uint8Array;
  suffix: Int32Array;
  size = 1;
  /** Open addressing over (parent, symbol); entries are node numbers, 0 is free since nothing leads to the root. */
  #slots: Int32Array;

  /** @param capacity nodes to make room for, the root among them; more grow into twice the room */
  constructor(capacity = 1024) {
    this.parent = new Int32Array(capacity);
    this.symbol = new Int32Array(capacity);
    this.length = new Uint8Array(capacity);
    this.suffix = new Int32Array(capacity);
    this.#slots = new Int32Array(Math.max(4096, 2 ** Math.ceil(Math.log2(2 * capacity))));
    this.symbol[rootNode] = -1;
  }

  /** A finished trie without a copy; nothing may be added to it. */
  static fromArrays({ parent, symbol, length, suffix, slots }: TrieArrays): NgramTrie {
    const trie = new NgramTrie(1);
    Object.assign(trie, { parent, symbol, length, suffix, size: parent.length });
    trie.#slots = slots;
    return trie;
  }

  toArrays(): TrieArrays {
    const { size } = this;
    return {
      parent: this.parent.subarray(0, size),
      symbol: this.symbol.subarray(0, size),
      length: this.length.subarray(0, size),
      suffix: this.suffix.subarray(0, size),
      slots: this.#slots,
    };
  }

  /** @returns the node of `parent` followed by `symbol`, or -1 */
  find(parent: number, symbol: number): number {
    return this.#slots[this.#slotOf(parent, symbol)] || -1;
  }

  /** @returns the node of `parent` followed by `symbol`, made if it was not there (then its suffix is the root) */
  add(parent: number, symbol: number): number {
    const slot = this.#slotOf(parent, symbol);
    const found = this.#slots[slot] as number;
    if (found > 0) return found;
    const node = this.size++;
    if (node === this.parent.length) this.#growNodes();
    this.parent[node] = parent;
    this.symbol[node] = symbol;
    this.length[node] = (this.length[parent] as number) + 1;
    this.#slots[slot] = node;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    return node;
  }

  /** The symbols of a node, in order. */
  symbolsOf(node: number): number[] {
    const symbols: number[] = [];
    for (let at = node; at !== rootNode; at = this.parent[at] as number) symbols.push(this.symbol[at] as number);
    return symbols.reverse();
  }

  /**
   * Links every node to its longest proper suffix in the trie. Needs parents before
   * children, as `add` makes them by length.
   */
  linkSuffixes(): void {
    for (let node = 1; node < this.size; node++) {
      const parent = this.parent[node] as number;
      let link = -1;
      for (let at = parent; link < 0 && at !== rootNode;) {
        at = this.suffix[at] as number;
        link = this.find(at, this.symbol[node] as number);
      }
      this.suffix[node] = Math.max(link, rootNode);
    }
  }

  /**
   * For a table that may be anything: looks at `most` slots.
   * @returns node -1 where it is not found, and the slots looked at
   */
  findWithin(parent: number, symbol: number, most: number): { node: number; steps: number } {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = firstSlot(parent, symbol, mask);
    for (let steps = 1; steps <= most; steps++) {
      const node = slots[hash]!;
      if (node === 0) return { node: -1, steps };
      if (this.parent[node] === parent && this.symbol[node] === symbol) return { node, steps };
      hash = (hash + 1) & mask;
    }
    return { node: -1, steps: most };
  }

  #slotOf(parent: number, symbol: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = firstSlot(parent, symbol, mask);
    for (;;) {
      const node = slots[hash] as number;
      if (node === 0 || (this.parent[node] === parent && this.symbol[node] === symbol)) return hash;
      hash = (hash + 1) & mask;
    }
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let node = 1; node < this.size; node++) {
      this.#slots[this.#slotOf(this.parent[node] as number, this.symbol[node] as number)] = node;
    }
  }

  #growNodes(): void {
    const grow = <A extends Int32Array | Uint8Array>(old: A, bigger: A): A => {
      bigger.set(old);
      return bigger;
    };
    const length = this.parent.length * 2;
    this.parent = grow(this.parent, new Int32Array(length));
    this.symbol = grow(this.symbol, new Int32Array(length));
    this.suffix = grow(this.suffix, new Int32Array(length));
    this.length = grow(this.length, new Uint8Array(length));
  }
}

function firstSlot(parent: number, symbol: number, mask: number): number {
  const hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(symbol + 1, 0x85ebca6b);
  return (hash ^ (hash >>> 15)) & mask;
}
