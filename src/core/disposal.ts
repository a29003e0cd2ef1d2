// Things that hold sessions, threads or files: opened together, closed together, and used by nobody afterwards.
import { AsrError } from './errors.js';

export interface Disposable {
  dispose(): Promise<void>;
}

/** For `await using` of what has a dispose() alone. */
export const held = <T extends Disposable>(thing: T): T & AsyncDisposable =>
  Object.assign(thing, { [Symbol.asyncDispose]: () => thing.dispose() });

/**
 * Waits for all that are being opened. Where one fails, what the others had opened is disposed of.
 * @throws what the first in order threw
 */
export async function openTogether<T extends readonly Promise<Disposable>[]>(
  opening: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled<Disposable>(opening);
  const failed = results.find((result) => result.status === 'rejected');
  const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failed === undefined) return opened as { [K in keyof T]: Awaited<T[K]> };
  await disposeAll(opened);
  throw failed.reason;
}

/** All of them, even where one fails. @throws what the first that fails throws */
export async function disposeAll(things: readonly Disposable[]): Promise<void> {
  const results = await Promise.allSettled(things.map((thing) => thing.dispose()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** What is built on a thing that was just opened. Where building fails, the thing is disposed of. */
export async function buildOn<T extends Disposable, B>(thing: T, build: (thing: T) => B | Promise<B>): Promise<B> {
  try {
    return await build(thing);
  } catch (error) {
    await thing.dispose();
    throw error;
  }
}

/** The life of something that several callers use at once: it ends once, after the steps that are going on. */
export class Lifetime {
  readonly #steps = new Set<Promise<unknown>>();
  #over = false;

  /** @param what as the caller knows it, for instance "the model" */
  constructor(private readonly what: string) {}

  /** @throws AsrError 'usage' after its end */
  refuseOver(): void {
    if (this.#over)
      throw new AsrError('usage', `${this.what} was disposed of`, 'Load it again, or call dispose() later.');
  }

  /** One step of work, which the end waits for. @throws AsrError 'usage' after its end */
  async step<T>(work: () => Promise<T>): Promise<T> {
    this.refuseOver();
    const running = work();
    this.#steps.add(running);
    try {
      return await running;
    } finally {
      this.#steps.delete(running);
    }
  }

  get over(): boolean {
    return this.#over;
  }

  /** @throws AsrError 'usage' when it has ended already */
  async end(dispose: () => Promise<void>): Promise<void> {
    if (this.#over) throw new AsrError('usage', `${this.what} was disposed of already`, 'Call dispose() once.');
    this.#over = true;
    await Promise.allSettled([...this.#steps]);
    await dispose();
  }
}
