// Everything that turns log-probabilities into phones and words, put together once: settings, language models and
// lexicon in; a function from an emission to a transcript in frames out.
import { AsrError } from '../core/errors.js';
import { blankSymbol, type Emission, type Symbols } from '../learn/emission.js';
import { createSpeller, type Speller } from '../lm/joint-model.js';
import { endSymbol, startSymbol, unknownSymbol, type NgramModel } from '../lm/ngram.js';
import type { Acoustics } from '../search/acoustics.js';
import { acousticsOf } from './acoustics.js';
import type { DecodeConfig } from './config.js';
import { decodeGreedy } from './greedy.js';
import { lasting } from './lasting.js';
import type { WordList } from './lexicon-file.js';
import type { Network } from '../search/network.js';
import { bestPaths, type Path } from '../search/paths.js';
import { LmStates } from '../search/lm-states.js';
import { createPhoneNetwork, phoneIds } from '../search/phone-network.js';
import { phoneConfidence, posteriors, wordConfidence } from '../search/posteriors.js';
import { search } from '../search/beam.js';
import { createWordNetwork } from '../search/word-network.js';
import { rareScoreOf, unknownScoreOf } from './unknown-scores.js';
import { LengthMatched } from './word-lengths.js';

/** A phone or a word over frames [startFrame, endFrame). */
export interface Span {
  readonly text: string;
  readonly startFrame: number;
  readonly endFrame: number;
  /** Posterior probability; greedy decoding has none. */
  readonly confidence?: number;
  /** No word of the lexicon: spelt by how its phones are written in other words. */
  readonly spelt?: boolean;
}

export interface Decoded {
  readonly phones: readonly Span[];
  /** Undefined unless words are decoded. */
  readonly words?: readonly Span[];
  /** The n best, this one first, when more than one was asked for; natural-log scores. */
  readonly nbest?: { score: number; phones: string[]; words?: string[] }[];
}

/** Language models and lexicon; each needed by the methods that use it. */
export interface DecoderParts {
  readonly phoneLm?: NgramModel | undefined;
  readonly wordLm?: NgramModel | undefined;
  readonly lexicon?: WordList | undefined;
  /** How words sound and how they are written, for those outside the lexicon. */
  readonly filler?: NgramModel | undefined;
  /** As `lengthScores` of words gives them; absent: the filler's own lengths. */
  readonly fillerLengths?: Float64Array | undefined;
  readonly spelling?: NgramModel | undefined;
}

export interface Decoder {
  readonly config: DecodeConfig;
  readonly symbols: Symbols;
  /** What it searches with. */
  readonly parts: DecoderParts;
  /** @throws AsrError 'model' when the emission is not what the model promises */
  decode(emission: Emission): Decoded;
}

/**
 * @param how sure: false leaves confidences out, a sixth of the work
 * @throws AsrError 'config' when the method lacks a part, or the phone LM knows none of the phones
 */
export function createDecoder(
  symbols: Symbols,
  config: DecodeConfig,
  parts: DecoderParts,
  { sure = true }: { readonly sure?: boolean } = {},
): Decoder {
  if (config.method === 'greedy') return { config, symbols, parts, decode: (emission) => greedy(emission, symbols) };
  const { phoneLm, wordLm, lexicon } = parts;
  const needed = {
    'a phone language model': config.method === 'beam' ? phoneLm : true,
    'a word language model': config.method === 'words' ? wordLm : true,
    'a lexicon': config.method === 'words' ? lexicon : true,
  };
  for (const [name, part] of Object.entries(needed)) {
    if (part === undefined)
      throw new AsrError(
        'config',
        `decode.method=${config.method} needs ${name}`,
        'The text stage makes it from a text of words; or name a file (decode.phoneLm, decode.wordLm, decode.lexicon).',
      );
  }
  if (phoneLm) checkPhones(phoneLm, symbols);
  const builder = new Networks(symbols, config, parts);
  return {
    ...{ config, symbols, parts },
    decode: (emission) => decodeBySearch(acousticsOf(emission, symbols, config), builder, sure),
  };
}

/** Columns that are phones, by symbol. */
export function phoneColumns({ phones, silence }: Symbols): Map<string, number> {
  return new Map(
    phones
      .map((phone, column) => [phone, column] as const)
      .filter(([phone]) => phone !== silence && phone !== blankSymbol),
  );
}

function checkPhones(lm: NgramModel, symbols: Symbols): void {
  const unknown = [...phoneColumns(symbols).keys()].filter((phone) => lm.id(phone) === 0);
  if (unknown.length > 0 && unknown.length === phoneColumns(symbols).size) {
    throw new AsrError(
      'config',
      `decode: the phone language model knows none of the model's phones (${unknown.slice(0, 5).join(' ')} …)`,
      `It has ${lm.symbols
        .filter((symbol) => ![unknownSymbol, startSymbol, endSymbol].includes(symbol))
        .slice(0, 5)
        .join(' ')} …: check decode.phoneLm.`,
    );
  }
}

function greedy(emission: Emission, { phones, silence }: Symbols): Decoded {
  const blank = phones.indexOf(blankSymbol);
  const spans = decodeGreedy(emission, phones.length, phones.indexOf(silence), blank).map(
    ({ phone, startFrame, endFrame }) => ({ text: phones[phone] as string, startFrame, endFrame }),
  );
  return { phones: blank < 0 ? spans : lasting(spans, emission.ends.at(-1) ?? 0) };
}

/** Networks by the columns that an emission has: an HMM has none for silence, other models do. */
class Networks {
  readonly #made = new Map<string, Network>();
  readonly speller: Speller | undefined;

  constructor(
    readonly symbols: Symbols,
    readonly config: DecodeConfig,
    readonly parts: DecoderParts,
  ) {
    this.speller = config.method === 'words' && parts.spelling ? createSpeller(parts.spelling) : undefined;
  }

  for(acoustics: Acoustics): Network {
    const { columns, silence, blank } = acoustics;
    const key = `${columns} ${silence} ${blank}`;
    const made = this.#made.get(key);
    if (made) return made;
    const network = this.#make(acoustics);
    this.#made.set(key, network);
    return network;
  }

  #make({ columns, silence, blank }: Acoustics): Network {
    const { symbols, config, parts } = this;
    const { phoneLm, wordLm, lexicon } = parts;
    const phones = symbols.phones.slice(0, columns);
    const known = new Set(phoneColumns(symbols).values());
    const spoken = (column: number): boolean => known.has(column);
    if (config.method === 'words' && wordLm && lexicon) {
      const filler =
        config.filler && parts.filler
          ? new LmStates(
              parts.fillerLengths ? new LengthMatched(parts.filler, parts.fillerLengths) : parts.filler,
              phoneIds(parts.filler, phones, spoken),
              config.lmWeight,
            )
          : undefined;
      const { tree, count: words, ids } = lexicon;
      const unknownScore = unknownScoreOf(config, wordLm);
      const rareScore = rareScoreOf(config, wordLm, ids);
      return createWordNetwork(
        { tree, lm: wordLm, words, ids, columns, silence, filler, doublePhones: blank >= 0, unknownScore, rareScore },
        config,
      );
    }
    if (!phoneLm) throw new AsrError('internal', 'decode: no phone language model');
    return createPhoneNetwork(phoneLm, phones, spoken, silence, {
      lmWeight: config.lmWeight,
      insertionBonus: config.wordScore, // the setting has one name for words and for phones
    });
  }
}

const defaultBeam = { beam: 60, words: 600 } as const;

function decodeBySearch(acoustics: Acoustics, networks: Networks, sure: boolean): Decoded {
  const {
    config,
    symbols: { phones: symbols },
    parts: { lexicon },
  } = networks;
  const byWords = config.method === 'words';
  if (acoustics.rows === 0) return { phones: [], ...(byWords ? { words: [] } : {}) };
  const trellis = search(acoustics, networks.for(acoustics), {
    ...config,
    beam: config.beam ?? defaultBeam[byWords ? 'words' : 'beam'],
  });
  const paths = bestPaths(trellis, config.nbest, acoustics.silence, byWords);
  const [best] = paths;
  if (!best) return { phones: [], ...(byWords ? { words: [] } : {}) };
  const found = sure ? posteriors(trellis, acoustics.columns, config.confidenceScale) : undefined;
  const frame = (row: number): number => (row === 0 ? 0 : (acoustics.ends[row - 1] as number));
  const ofPhones = found && phoneConfidence(best, found, acoustics.columns);
  const recognised = best.phones.map(({ column, startRow, endRow }, i): Span => ({
    text: symbols[column] as string,
    startFrame: frame(startRow),
    endFrame: frame(endRow),
    ...(ofPhones ? { confidence: ofPhones[i] as number } : {}),
  }));
  const phones = acoustics.blank < 0 ? recognised : lasting(recognised, frame(acoustics.rows));
  const wordOf = (word: number): string => (lexicon && word < lexicon.count ? lexicon.word(word) : unknownSymbol);
  const ofWords = byWords && found ? wordConfidence(best, found) : undefined;
  const words = best.words.map(({ word, firstPhone, lastPhone }, i) =>
    wordSpan(wordOf(word), phones.slice(firstPhone, lastPhone), ofWords?.[i], networks.speller),
  );
  const names = (path: Path): string[] => path.phones.map(({ column }) => symbols[column] as string);
  return {
    phones,
    ...(byWords ? { words } : {}),
    ...(config.nbest > 1
      ? {
          nbest: paths.map((path) => ({
            score: path.score,
            phones: names(path),
            ...(byWords ? { words: path.words.map(({ word }) => wordOf(word)) } : {}),
          })),
        }
      : {}),
  };
}

/** A word over its phones; one outside the lexicon as it may be written, as sure as both its phones and its letters. */
function wordSpan(
  text: string,
  phones: readonly Span[],
  confidence: number | undefined,
  speller: Speller | undefined,
): Span {
  const place = { startFrame: phones[0]?.startFrame ?? 0, endFrame: phones.at(-1)?.endFrame ?? 0 };
  const spelling = text === unknownSymbol ? speller?.spell(phones.map((phone) => phone.text)) : undefined;
  const sure = (share: number): Pick<Span, 'confidence'> =>
    confidence === undefined ? {} : { confidence: confidence * share };
  return spelling
    ? { text: spelling.text, ...place, ...sure(spelling.probability), spelt: true }
    : { text, ...place, ...sure(1) };
}
