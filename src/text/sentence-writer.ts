// Writes phone sentences with silence, one a line, beside them the same sentences as words where the text has words,
// and counts what it wrote and what it left out, by reason.
import type { Rng } from '../core/rng.js';
import type { TextConfig } from './config.js';
import type { SentencePronouncer } from './connected-speech.js';
import {
  insertSilence,
  silenceSymbol,
  speakSentence,
  type MissingReason,
  type SpokenVocabulary,
} from './phone-text.js';
import type { LineProblem, TextLine } from './sources.js';
import { TextWriter } from '../core/text-writer.js';

export type DropReason = MissingReason | Exclude<LineProblem, 'blank'>;

export interface WrittenText {
  readonly sentences: number;
  /** Without silence. */
  readonly phones: number;
  readonly words: number;
  readonly silences: number;
  readonly phoneCounts: ReadonlyMap<string, number>;
  /** Pronunciations of each word in the sentences, joined by spaces, with their counts. */
  readonly lexicon: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Sentences left out, by reason; blank lines are no sentences. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Numbers of the lines that eSpeak does not come back from. */
  readonly hanging: readonly number[];
}

/** How words are spoken, alone and in their sentence. */
interface Pronunciation {
  readonly vocabulary: SpokenVocabulary;
  readonly inSentence?: SentencePronouncer | undefined;
}

export class PhoneSentenceWriter {
  #sentences = 0;
  #words = 0;
  readonly #counts = new Map<string, number>();
  /** Pronunciations of each written word, joined by spaces, and how often each was written. */
  readonly #lexicon = new Map<string, Map<string, number>>();
  readonly #dropped = new Map<DropReason, number>();
  readonly #hanging: number[] = [];

  private constructor(
    private readonly writer: TextWriter,
    private readonly words: TextWriter | undefined,
    private readonly pronunciation: Pronunciation,
    private readonly config: TextConfig,
    private readonly rng: Rng,
  ) {}

  /** @param rng draws the silences, one number a word boundary */
  static async create(
    paths: { phones: string; words: string },
    pronunciation: Pronunciation,
    config: TextConfig,
    rng: Rng,
  ): Promise<PhoneSentenceWriter> {
    const phones = await TextWriter.create(paths.phones);
    try {
      const words = config.unit === 'words' ? await TextWriter.create(paths.words) : undefined;
      return new PhoneSentenceWriter(phones, words, pronunciation, config, rng);
    } catch (error) {
      await phones[Symbol.asyncDispose]();
      throw error;
    }
  }

  async add(line: TextLine): Promise<void> {
    if ('problem' in line) {
      if (line.problem !== 'blank') this.#drop(line.problem);
      return;
    }
    const { vocabulary, inSentence } = this.pronunciation;
    const spoken = speakSentence(line, vocabulary, this.config.missing, inSentence);
    if (typeof spoken === 'string') this.#drop(spoken, line.number);
    else if (spoken.phones.length === 0) this.#drop('noPronunciation');
    else {
      const symbols = insertSilence(spoken.phones, () => this.rng.uniform(), this.config);
      for (const symbol of symbols) this.#counts.set(symbol, (this.#counts.get(symbol) ?? 0) + 1);
      this.#sentences++;
      this.#words += this.config.unit === 'words' ? spoken.tokens.length : spoken.phones.length;
      await this.writer.write(`${symbols.join(' ')}\n`);
      await this.words?.write(`${spoken.tokens.join(' ')}\n`);
      if (this.config.unit === 'words' && spoken.tokens.length === spoken.phones.length)
        spoken.tokens.forEach((word, i) => {
          this.#remember(word, spoken.phones[i]!);
        });
    }
  }

  #remember(word: string, phones: readonly string[]): void {
    const own = this.#lexicon.get(word) ?? new Map<string, number>();
    this.#lexicon.set(word, own);
    const key = phones.join(' ');
    own.set(key, (own.get(key) ?? 0) + 1);
  }

  #drop(reason: DropReason, number?: number): void {
    if (reason === 'espeakHangs' && number !== undefined) this.#hanging.push(number);
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** For `await using`: closes the files where `close` was not reached. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.writer[Symbol.asyncDispose](), this.words?.[Symbol.asyncDispose]()]);
  }

  async close(): Promise<WrittenText> {
    await this.writer.close();
    await this.words?.close();
    const silences = this.#counts.get(silenceSymbol) ?? 0;
    const all = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return {
      sentences: this.#sentences,
      words: this.#words,
      silences,
      phones: all - silences,
      phoneCounts: this.#counts,
      lexicon: this.#lexicon,
      dropped: Object.fromEntries(this.#dropped),
      hanging: this.#hanging,
    };
  }
}
