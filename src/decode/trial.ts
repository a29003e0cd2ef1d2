// One setting of a decoder tried on some utterances: how its transcripts stand to greedy ones and to the text.
import { distance } from 'fastest-levenshtein';
import { AsrError } from '../core/errors.js';
import { giveWay } from '../core/event-loop.js';
import { withoutRepeats } from '../core/without-repeats.js';
import type { Emission, Symbols } from '../learn/emission.js';
import { Perplexity, unknownSymbol } from '../lm/ngram.js';
import type { DecodeConfig } from './config.js';
import { createDecoder, type Decoded, type DecoderParts, type Span } from './decoder.js';

export const tunedKeys = ['lmWeight', 'wordScore', 'silenceWeight'] as const;
export type TunedWeights = Pick<DecodeConfig, (typeof tunedKeys)[number]>;

/** What the text lets expect. */
export interface TextAims {
  /** Perplexities below count as this one: the best transcripts could have that of held-out text. */
  readonly minPerplexity: number;
  /** Phones in all the emissions at the text's phones per second; undefined = unknown. */
  readonly phones?: number | undefined;
  /**
   * The model was fitted to so many phones a second: `phones` is no mere hint then, and equal neighbours count once.
   */
  readonly fitted?: boolean | undefined;
}

/** One choice of weights and how it did. */
export interface TuningTrial extends TunedWeights {
  /** What was decoded: phones (beam) or words. */
  readonly method: 'beam' | 'words';
  /**
   * The least of its method wins. Phones: ln(perplexity) x distance, with their lower bounds;
   * words: |ln(unknownShare / the text's)|, or |ln(phonesPerWord / the text's)| where all words are known.
   */
  readonly score: number;
  /** Of the phones under the phone LM. */
  readonly perplexity: number;
  /** Phone edits over the phones of the greedy transcripts. */
  readonly distance: number;
  /** Phones that came out over those that the text lets expect; absent where that is unknown. */
  readonly lengthRatio?: number;
  /** Mean length of the words that came out; absent where phones were decoded. */
  readonly phonesPerWord?: number;
  /** Share of words that came out which no list has. */
  readonly unknownShare?: number;
  /** What was added for each of them, where that was tried. */
  readonly unkWeight?: number;
}

export function greedyReferences({ symbols, emissions, config }: TuningTask): string[] {
  const greedy = createDecoder(symbols, { ...config, method: 'greedy' }, {});
  return emissions.map((emission) => coded(greedy.decode(emission), symbols));
}

/** What is tuned, and on what. */
export interface TuningTask {
  readonly symbols: Symbols;
  readonly emissions: readonly Emission[];
  readonly config: DecodeConfig;
  readonly parts: DecoderParts;
  readonly aims: TextAims;
  readonly onTrial: (trial: TuningTrial) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param references greedy transcripts of the emissions
 * @throws AsrError 'config' without a phone language model
 */
export async function trialOf(
  { symbols, emissions, config, parts, aims, signal }: TuningTask,
  references: readonly string[],
): Promise<TuningTrial> {
  const { minPerplexity, phones: expected, fitted } = aims;
  const { phoneLm } = parts;
  if (!phoneLm)
    throw new AsrError(
      'config',
      'decode.tune needs a phone language model',
      'Set decode.phoneLm, or decode.tune.enabled=false.',
    );
  const decoder = createDecoder(symbols, { ...config, nbest: 1 }, parts, { sure: false });
  const sum = new Perplexity(phoneLm);
  let edits = 0;
  let length = 0;
  let tokens = 0;
  let counted = 0;
  let words = 0;
  let unknown = 0;
  for (const [i, emission] of emissions.entries()) {
    await giveWay(signal);
    const decoded = decoder.decode(emission);
    const reference = references[i] as string;
    sum.add(decoded.phones.map(({ text }) => text));
    tokens += decoded.phones.length;
    counted += fitted ? withoutRepeats(decoded.phones, ({ text }) => text).length : decoded.phones.length;
    words += decoded.words?.length ?? 0;
    unknown += decoded.words?.filter(isUnknown).length ?? 0;
    edits += distance(reference, coded(decoded, symbols));
    length += reference.length;
  }
  const perplexity = tokens === 0 ? Infinity : sum.value;
  const apart = edits / Math.max(1, length);
  const { lmWeight, wordScore, silenceWeight } = config;
  return {
    method: config.method === 'words' ? 'words' : 'beam',
    lmWeight,
    wordScore,
    silenceWeight,
    perplexity,
    distance: apart,
    ...(expected === undefined ? {} : { lengthRatio: counted / expected }),
    ...(words === 0 ? {} : { phonesPerWord: tokens / words, unknownShare: unknown / words }),
    score:
      tokens === 0
        ? Infinity
        : Math.log(Math.max(minPerplexity, perplexity)) * Math.max(config.tune.minDistance, apart),
  };
}

/** No word of the list, spelt or not. */
const isUnknown = ({ text, spelt }: Span): boolean => spelt === true || text === unknownSymbol;

/** Phones as the letters of a string, which edit distances are fast on. */
function coded({ phones }: Decoded, symbols: Symbols): string {
  return phones.map(({ text }) => String.fromCharCode(0x100 + symbols.phones.indexOf(text))).join('');
}
