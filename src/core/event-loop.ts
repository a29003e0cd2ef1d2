// Long computations on the main thread give way here between two items: without that, neither Ctrl-C nor a timer is
// heard before they end, however long that takes.

/** @throws the signal's reason once it is aborted */
export async function giveWay(signal?: AbortSignal): Promise<void> {
  await new Promise((resume) => void setImmediate(resume));
  signal?.throwIfAborted();
}

const turnMs = 50;

/** For loops over many small items: gives way only where it last did so a while ago. */
export class Turns {
  #last = performance.now();

  constructor(private readonly signal?: AbortSignal) {}

  /** True where `give` is due. */
  get due(): boolean {
    return performance.now() - this.#last > turnMs;
  }

  /** @throws the signal's reason once it is aborted */
  async give(): Promise<void> {
    await giveWay(this.signal);
    this.#last = performance.now();
  }
}
