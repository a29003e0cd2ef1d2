// Two guesses that listen to nothing, to read an error rate against: a random sentence of the text for every
// utterance, and the most frequent phone repeated. Neither looks at a reference.
import { readLines } from '../core/jsonl.js';
import type { PhoneSet } from '../core/records.js';
import type { Rng } from '../core/rng.js';

/** Draws sentences by their numbers and reads them all in one pass over the text. */
export class RandomSentences {
  readonly #rng: Rng;
  readonly #count: number;
  readonly #wanted = new Map<number, string>();

  /** @param count sentences in the text */
  constructor(rng: Rng, count: number) {
    this.#rng = rng;
    this.#count = count;
  }

  draw(): number {
    const number = this.#rng.integer(this.#count);
    this.#wanted.set(number, '');
    return number;
  }

  /** @param path sentences.txt of the text stage. @returns a drawn sentence's phones by its number */
  async read(path: string, silence: string): Promise<(number: number) => string[]> {
    let number = 0;
    for await (const line of readLines(path)) {
      if (this.#wanted.has(number)) this.#wanted.set(number, line);
      number++;
    }
    return (drawn) =>
      (this.#wanted.get(drawn) ?? '').split(' ').filter((symbol) => symbol !== '' && symbol !== silence);
  }
}

/**
 * Text that goes on from one drawn sentence to the next, as long as is wanted: right in length and in how often each
 * phone comes, and in nothing else.
 */
export function randomText(
  sentence: (number: number) => string[],
  order: readonly number[],
): (length: number) => string[] {
  let next = 0;
  let rest: string[] = [];
  return (length) => {
    // A text of empty lines would never be enough.
    for (let tries = 0; rest.length < length && tries < length + order.length; tries++)
      rest = rest.concat(sentence(order[next++ % order.length] ?? 0));
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
}

export function mostFrequentPhone(phones: PhoneSet): string {
  let most = { phone: '', count: -1 };
  for (const entry of phones.phones) if (entry.phone !== phones.silence && entry.count > most.count) most = entry;
  return most.phone;
}

/**
 * The most frequent phone, repeated at the text's phone rate: phones per sentence of the text times utterances
 * over samples of speech, as if sentences and utterances were equally long on average.
 */
export function constantPhoneGuess(
  phones: PhoneSet,
  phonesPerSentence: number,
  totals: { utterances: number; samples: number },
): (samples: number) => string[] {
  const phone = mostFrequentPhone(phones);
  const perSample = totals.samples === 0 ? 0 : (phonesPerSentence * totals.utterances) / totals.samples;
  return (samples) => Array.from({ length: Math.round(perSample * samples) }, () => phone);
}
