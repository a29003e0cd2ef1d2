// The states that a search holds at one row, found by what they are: network node, language model state, position.

const hash = (node: number, memory: number, position: number): number => {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(memory + 1, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
};

/** States of one row, found by (node, memory, position). */
export class StateTable {
  size = 0;
  node = new Int32Array(1024);
  memory = new Int32Array(1024);
  position = new Int32Array(1024);
  column = new Int32Array(1024);
  score = new Float64Array(1024);
  #slots = new Int32Array(4096);

  clear(): void {
    this.size = 0;
    this.#slots.fill(0);
  }

  /** @returns the state's number; a new one has the score -Infinity */
  add(node: number, memory: number, position: number, column: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(node, memory, position) & mask;
    for (;;) {
      const found = (this.#slots[slot] as number) - 1;
      if (found < 0) break;
      if (this.node[found] === node && this.memory[found] === memory && this.position[found] === position) return found;
      slot = (slot + 1) & mask;
    }
    if (this.size === this.node.length) this.#grow();
    const state = this.size++;
    this.#put(state, node, memory, position, column, -Infinity);
    this.#slots[slot] = state + 1;
    if (this.size * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    return state;
  }

  // eslint-disable-next-line max-params -- the innermost loop: no object for each arc of each frame
  #put(state: number, node: number, memory: number, position: number, column: number, score: number): void {
    this.node[state] = node;
    this.memory[state] = memory;
    this.position[state] = position;
    this.column[state] = column;
    this.score[state] = score;
  }

  /** Numbers of at most `count` states not below `least`, in the order they were added. */
  best(count: number, least: number): Int32Array {
    const scores = this.score.subarray(0, this.size);
    let limit = least;
    let ties = count;
    if (this.size > count) {
      limit = Math.max(least, nthLargest(Float64Array.from(scores), count));
      for (const score of scores) if (score > limit) ties--;
    }
    const kept = new Int32Array(Math.min(count, this.size));
    let length = 0;
    for (let state = 0; state < this.size && length < kept.length; state++) {
      const score = scores[state] as number;
      if (score > limit || (score === limit && ties-- > 0)) kept[length++] = state;
    }
    return kept.subarray(0, length);
  }

  /** The given states copied into `into`, which is returned; they are not to be found by `add`. */
  select(states: Int32Array, into: StateTable): StateTable {
    into.clear();
    while (into.node.length < states.length) into.#grow();
    for (const state of states) {
      into.#put(
        into.size++,
        this.node[state] as number,
        this.memory[state] as number,
        this.position[state] as number,
        this.column[state] as number,
        this.score[state] as number,
      );
    }
    return into;
  }

  #grow(): void {
    const wider = <A extends Int32Array | Float64Array>(old: A, bigger: A): A => {
      bigger.set(old);
      return bigger;
    };
    const length = this.node.length * 2;
    this.node = wider(this.node, new Int32Array(length));
    this.memory = wider(this.memory, new Int32Array(length));
    this.position = wider(this.position, new Int32Array(length));
    this.column = wider(this.column, new Int32Array(length));
    this.score = wider(this.score, new Float64Array(length));
  }

  #rehash(length: number): void {
    this.#slots = new Int32Array(length);
    const mask = length - 1;
    for (let state = 0; state < this.size; state++) {
      let slot = hash(this.node[state] as number, this.memory[state] as number, this.position[state] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = state + 1;
    }
  }
}

/** The n-th largest value, n from 1; reorders `values` (Hoare's selection). */
function nthLargest(values: Float64Array, n: number): number {
  let low = 0;
  let high = values.length - 1;
  const wanted = n - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number;
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] as number) > pivot) i++;
      while ((values[j] as number) < pivot) j--;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = swapped;
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted] as number;
}
