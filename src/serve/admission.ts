// How much is taken on at once: so many recordings are transcribed, so many more are uploaded or wait, the others are
// told when to come again.
import { Refusal } from './refusal.js';

export interface AdmissionLimits {
  /** Recordings that are transcribed at once. */
  readonly working: number;
  /** Recordings that are uploaded or wait meanwhile. */
  readonly waiting: number;
}

/** Seconds that a recording is thought to take before one was done. */
const firstGuess = 5;
const longestRetry = 600;

export class Admission {
  #inside = 0;
  #working = 0;
  readonly #queue: (() => void)[] = [];
  #meanSeconds = firstGuess;

  constructor(private readonly limits: AdmissionLimits) {}

  get working(): number {
    return this.#working;
  }

  /** Uploads, and recordings that wait for their turn. */
  get waiting(): number {
    return this.#inside - this.#working;
  }

  /** @throws Refusal 429 where there is no place */
  enter(): QueueTicket {
    if (this.#inside >= this.limits.working + this.limits.waiting)
      throw new Refusal(
        429,
        'too_many_requests',
        `${this.#inside} recordings are being transcribed or wait: come again later.`,
        { retryAfter: this.#retryAfter() },
      );
    this.#inside++;
    let works = false;
    let left = false;
    return {
      turn: async (signal) => {
        await this.#turn(signal);
        works = true;
      },
      leave: (seconds) => {
        if (left) return;
        left = true;
        this.#inside--;
        if (seconds !== undefined) this.#meanSeconds += (seconds - this.#meanSeconds) / 8;
        if (works) this.#next();
      },
    };
  }

  #retryAfter(): number {
    const seconds = (this.#meanSeconds * (this.waiting + 1)) / this.limits.working;
    return Math.min(longestRetry, Math.max(1, Math.ceil(seconds)));
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#working < this.limits.working) {
      this.#working++;
      return;
    }
    await new Promise<void>((mine, fail) => {
      const begin = (): void => {
        signal.removeEventListener('abort', abort);
        mine();
      };
      const abort = (): void => {
        this.#queue.splice(this.#queue.indexOf(begin), 1);
        fail(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#queue.push(begin);
    });
  }

  /** Who leaves hands the work on, so that nobody slips in between. */
  #next(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#working--;
  }
}

/** Of one request. */
export interface QueueTicket {
  /** Waits until it may be worked on. @throws the signal's reason */
  readonly turn: (signal: AbortSignal) => Promise<void>;
  /** @param seconds that the work took, where it was done */
  readonly leave: (seconds?: number) => void;
}
