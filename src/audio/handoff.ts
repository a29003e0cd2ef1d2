// One producer that is called back, one consumer that asks: values pass from hand to hand, and the producer waits
// until its value is taken. It turns a Node stream's writes into an async iterable without a queue that grows.

export class Handoff<T> implements AsyncIterable<T> {
  #value: { readonly value: T } | undefined;
  #ended = false;
  #abandoned = false;
  /** Wakes whoever waits for the other side. */
  #taken: (() => void) | undefined;
  #given: (() => void) | undefined;

  /** Resolves when the value has been taken, or nobody will take it any more. One call at a time. */
  async put(value: T): Promise<void> {
    if (this.#abandoned) return;
    this.#value = { value };
    const taken = new Promise<void>((done) => {
      this.#taken = done;
    });
    this.#given?.();
    await taken;
  }

  /** No value follows. */
  end(): void {
    this.#ended = true;
    this.#given?.();
  }

  /** The consumer has left: later values are dropped. */
  abandon(): void {
    this.#abandoned = true;
    this.#value = undefined;
    this.#taken?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      if (this.#value) {
        const { value } = this.#value;
        this.#value = undefined;
        this.#taken?.();
        yield value;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((done) => {
          this.#given = done;
        });
      }
    }
  }
}
