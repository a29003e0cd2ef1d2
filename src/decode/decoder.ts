// Everything that turns log-probabilities into phones and words, put together once: settings, language models and
// lexicon in; a function from an emission to a transcript in frames out.
import { AsrError } from '../core/errors.js';
import type { Emission, Symbols } from '../learn/emission.js';
import { endSymbol, startSymbol, unknownSymbol, type NgramModel } from '../lm/ngram.js';
import type { Acoustics } from '../search/acoustics.js';
import { acousticsOf, blankSymbol } from './acoustics.js';
import type { DecodeConfig } from './config.js';
import { decodeGreedy } from './greedy.js';
import type { DecodingLexicon } from './lexicon.js';
import type { Network } from '../search/network.js';
import { bestPaths, type Path } from '../search/paths.js';
import { LmStates } from '../search/lm-states.js';
import { createPhoneNetwork, phoneIds } from '../search/phone-network.js';
import { phoneConfidence, posteriors, wordConfidence } from '../search/posteriors.js';
import { buildPrefixTree, unigrams, type PrefixTree } from '../search/prefix-tree.js';
import { search } from '../search/beam.js';
import { createWordNetwork } from '../search/word-network.js';

/** A phone or a word over frames [startFrame, endFrame). */
export interface Span {
  readonly text: string;
  readonly startFrame: number;
  readonly endFrame: number;
  /** Posterior probability; greedy decoding has none. */
  readonly confidence?: number;
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
  readonly lexicon?: DecodingLexicon | undefined;
}

export interface Decoder {
  readonly config: DecodeConfig;
  readonly symbols: Symbols;
  /** @throws AsrError 'model' when the emission is not what the model promises */
  decode(emission: Emission): Decoded;
}

/** @throws AsrError 'config' when the method lacks a part, or the phone LM knows none of the phones */
export function createDecoder(symbols: Symbols, config: DecodeConfig, parts: DecoderParts): Decoder {
  if (config.method === 'greedy') return { config, symbols, decode: (emission) => greedy(emission, symbols) };
  const { phoneLm, wordLm, lexicon } = parts;
  const needed = {
    'a phone language model': config.method === 'beam' || config.filler ? phoneLm : true,
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
  const tree =
    config.method === 'words' && lexicon && wordLm
      ? buildPrefixTree(lexicon.entries, lookup(unigrams(wordLm, lexicon.words)))
      : undefined;
  const builder = new Networks(symbols, config, parts, tree);
  return { config, symbols, decode: (emission) => decodeBySearch(acousticsOf(emission, symbols, config), builder) };
}

const lookup =
  (values: Float64Array) =>
  (index: number): number =>
    values[index] as number;

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
  return {
    phones: decodeGreedy(emission, phones.length, phones.indexOf(silence), phones.indexOf(blankSymbol)).map(
      ({ phone, startFrame, endFrame }) => ({ text: phones[phone] as string, startFrame, endFrame }),
    ),
  };
}

/** Networks by the columns that an emission has: an HMM has none for silence, other models do. */
class Networks {
  readonly #made = new Map<string, Network>();

  constructor(
    readonly symbols: Symbols,
    readonly config: DecodeConfig,
    readonly parts: DecoderParts,
    readonly tree: PrefixTree | undefined,
  ) {}

  for({ columns, silence, blank }: Acoustics): Network {
    const key = `${columns} ${silence} ${blank}`;
    const made = this.#made.get(key);
    if (made) return made;
    const network = this.#make(columns, silence);
    this.#made.set(key, network);
    return network;
  }

  #make(columns: number, silence: number): Network {
    const {
      symbols,
      config,
      parts: { phoneLm, wordLm, lexicon },
      tree,
    } = this;
    const phones = symbols.phones.slice(0, columns);
    const known = new Set(phoneColumns(symbols).values());
    const spoken = (column: number): boolean => known.has(column);
    if (tree && wordLm && lexicon) {
      const filler =
        config.filler && phoneLm
          ? new LmStates(phoneLm, phoneIds(phoneLm, phones, spoken), config.lmWeight)
          : undefined;
      return createWordNetwork({ tree, lm: wordLm, words: lexicon.words, columns, silence, filler }, config);
    }
    if (!phoneLm) throw new AsrError('internal', 'decode: no phone language model');
    return createPhoneNetwork(phoneLm, phones, spoken, silence, config);
  }
}

const defaultBeam = { beam: 60, words: 600 } as const;

function decodeBySearch(acoustics: Acoustics, networks: Networks): Decoded {
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
  const found = posteriors(trellis, acoustics.columns, config.confidenceScale);
  const frame = (row: number): number => (row === 0 ? 0 : (acoustics.ends[row - 1] as number));
  const ofPhones = phoneConfidence(best, found, acoustics.columns);
  const ofWords = wordConfidence(best, found);
  const wordOf = (word: number): string => lexicon?.words[word] ?? unknownSymbol;
  const span = (
    text: string,
    { startRow, endRow }: { startRow: number; endRow: number },
    confidence: number,
  ): Span => ({ text, startFrame: frame(startRow), endFrame: frame(endRow), confidence });
  const names = (path: Path): string[] => path.phones.map(({ column }) => symbols[column] as string);
  return {
    phones: best.phones.map((phone, i) => span(symbols[phone.column] as string, phone, ofPhones[i] as number)),
    ...(byWords ? { words: best.words.map((word, i) => span(wordOf(word.word), word, ofWords[i] as number)) } : {}),
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
