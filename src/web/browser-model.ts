// A model in a browser: its files, fetched from beside the page, put together to what `asr transcribe` runs, with
// onnxruntime-web where the program has its own engine.
import { mixtureScorerOf } from '../bootstrap/mixtures.js';
import { rowCepstra, cepstraColumns } from '../bootstrap/cepstra.js';
import { frameScorerOf } from '../bootstrap/acoustic-model.js';
import { networkRun, type NetworkRunner } from '../bootstrap/posteriors.js';
import { createDecoder, type DecoderParts } from '../decode/decoder.js';
import { mfccOf, spectralExtract } from '../features/mfcc.js';
import { mfccTables } from '../features/tables.js';
import type { FeatureExtractor } from '../features/extractor.js';
import { outputEnds } from '../gan/generator.js';
import { ctcEmission } from '../learn/ctc-emission.js';
import type { EmissionModel } from '../learn/emission-model.js';
import { hmmEmission } from '../learn/hmm-emission.js';
import { networkEmission } from '../learn/network-emission.js';
import { NgramModel } from '../lm/ngram.js';
import { NgramTrie } from '../lm/ngram-trie.js';
import { modelOf, type Model } from '../transcribe/model.js';
import { detectSpeech } from '../vad/energy.js';
import type { SpeechDetector } from '../vad/detector.js';
import { sileroDetector } from '../vad/silero-detector.js';
import { RuntimeSession } from './runtime-session.js';
import { unpackNamed, unpackTexts, webFiles, type NamedArrays, type WebModel } from './web-model.js';

/** @param read a file of the model, by name. @throws Error in a person's words where one is missing */
export async function openBrowserModel(
  read: (name: string) => Promise<ArrayBuffer>,
): Promise<{ model: Model; about: WebModel }> {
  const about = JSON.parse(new TextDecoder().decode(await read(webFiles.settings))) as WebModel;
  const arrays = unpackNamed(await read(webFiles.arrays));
  const graph = async (name: string): Promise<RuntimeSession> => RuntimeSession.open(await read(name));
  const lms = Object.fromEntries(Object.entries(about.lms).map(([name, order]) => [name, lmOf(name, order, arrays)]));
  const emission = await emissionOf(about, arrays, lms, graph);
  const decoder = createDecoder(about.symbols, about.decode, decoderParts(lms, arrays));
  const { record } = about;
  const model = modelOf(
    {
      ...{ record, emission, decoder, cutter: undefined },
      detector: await detectorOf(about, graph),
      extractor: extractorOf(about, await graph(webFiles.frames)),
    },
    [],
  );
  return { model, about };
}

type OpenGraph = (name: string) => Promise<RuntimeSession>;
const nothing = async (): Promise<void> => undefined;

function extractorOf({ record: { features } }: WebModel, session: RuntimeSession): FeatureExtractor {
  const isMfcc = features.kind === 'mfcc';
  const tables = mfccTables(isMfcc ? features : { ...features, coefficients: 1 });
  const { window, hop, bands, coefficients } = tables;
  const run = (frames: Float32Array, size: number): Promise<Float32Array> =>
    session.rows('frames', frames, [size, window], 'values');
  const spectral = { extract: spectralExtract(tables, isMfcc ? coefficients : bands, run), dispose: nothing };
  return isMfcc ? mfccOf(features, tables, spectral) : { window, hop, dim: bands, ...spectral };
}

async function detectorOf({ record: { vad } }: WebModel, graph: OpenGraph): Promise<SpeechDetector> {
  if (vad.method === 'silero')
    return { ...sileroDetector(vad.silero, await graph(webFiles.detector)), dispose: nothing };
  return { detect: async (samples, peak) => detectSpeech(samples, vad, peak), dispose: nothing };
}

async function emissionOf(
  { emission, symbols }: WebModel,
  arrays: NamedArrays,
  lms: Readonly<Record<string, NgramModel>>,
  graph: OpenGraph,
): Promise<EmissionModel> {
  const session = await graph(webFiles.scores);
  const scorer = (own: RuntimeSession, dim: number): { score: Score; dispose: typeof nothing } => ({
    score: (frames, rows) => own.rows('frames', frames, [rows, dim], 'scores'),
    dispose: nothing,
  });
  const { phones, silence } = symbols;
  switch (emission.kind) {
    case 'hmm': {
      const { dim, statesPerPhone, states, stay, modelled, acousticScale } = emission;
      const bigram = {
        initial: arrays['bigram.initial'] as Float64Array,
        final: arrays['bigram.final'] as Float64Array,
        next: arrays['bigram.next'] as Float64Array,
      };
      const topology = { phones: modelled, statesPerPhone, states, stay, bigram };
      return hmmEmission({ topology, dim, acousticScale }, symbols, scorer(session, dim));
    }
    case 'generator': {
      const { kernel, pad, stride } = emission;
      return {
        ...{ phones, silence, needsFrames: true, dispose: nothing },
        emit: async ({ frames }) => {
          const { data, rows, dim } = frames!;
          const ends = Int32Array.from({ length: rows }, (_, t) => t + 1);
          const logProbs = await session.rows('frames', data, [rows, dim], 'scores');
          return { logProbs, rows: logProbs.length / phones.length, ends: outputEnds(ends, kernel, pad, stride) };
        },
      };
    }
    case 'ctc': {
      const { bands, channels } = emission;
      const shape = { bands, channels, layers: 1, kernel: 1, classes: phones.length };
      return ctcEmission({ phones: [...phones], silence, bands }, runnerOf(shape, session));
    }
    case 'network': {
      const { record } = emission;
      const { components } = record;
      const logWeights = arrays['logWeights'] as Float64Array | undefined;
      const gaussians = logWeights && (await graph(webFiles.gaussians));
      const mixtures = gaussians && {
        scorer: mixtureScorerOf({ classes: phones.length, components, logWeights }, scorer(gaussians, cepstraColumns)),
        view: {
          columns: cepstraColumns,
          of: async (data: Float32Array, frames: number) => rowCepstra(data, frames, record.bands),
          dispose: nothing,
        },
      };
      const logPrior = arrays['logPrior'] as Float32Array;
      const frames = frameScorerOf({ logPrior }, record, mixtures?.scorer, mixtures?.view);
      return networkEmission(record, lms['own']!, frames, runnerOf({ ...record, classes: phones.length }, session));
    }
  }
}

type Score = (frames: Float32Array, rows: number) => Promise<Float32Array>;

/** The last layer is not asked for. */
function runnerOf(shape: Parameters<typeof networkRun>[0], session: RuntimeSession): NetworkRunner {
  const hidden = new Float32Array(0);
  const run = async (x: Float32Array, length: number): Promise<{ logProbs: Float32Array; hidden: Float32Array }> => ({
    logProbs: await session.rows('frames', x, [length, shape.bands], 'scores'),
    hidden,
  });
  return { run: networkRun(shape, run), dispose: nothing };
}

function lmOf(name: string, order: number, arrays: NamedArrays): NgramModel {
  const part = <T>(which: string): T => arrays[`${name}.${which}`] as T;
  const [parent, symbol, suffix, slots] = ['parent', 'symbol', 'suffix', 'slots'].map((which) =>
    part<Int32Array>(which),
  );
  const trie = { parent: parent!, symbol: symbol!, suffix: suffix!, slots: slots!, length: part<Uint8Array>('length') };
  return new NgramModel({
    ...{ order, symbols: unpackTexts(part('symbols')), trie: NgramTrie.fromArrays(trie) },
    ...{ logProb: part<Float32Array>('logProb'), backoff: part<Float32Array>('backoff') },
  });
}

function decoderParts(lms: Readonly<Record<string, NgramModel>>, arrays: NamedArrays): DecoderParts {
  const lookahead = arrays['lexicon.lookahead'] as Float64Array | undefined;
  if (!lookahead) return lms;
  const fillerLengths = arrays['fillerLengths'] as Float64Array | undefined;
  const integers = (name: string): Int32Array => arrays[`lexicon.${name}`] as Int32Array;
  const words = unpackTexts(arrays['lexicon.words'] as Uint8Array);
  const ids = integers('ids');
  const tree = {
    ...{ size: lookahead.length, lookahead, column: integers('column'), firstChild: integers('firstChild') },
    ...{ nextSibling: integers('nextSibling'), firstEntry: integers('firstEntry') },
    ...{ nextEntry: integers('nextEntry'), entryWord: integers('entryWord') },
  };
  return { ...lms, fillerLengths, lexicon: { tree, count: ids.length, ids, word: (index) => words[index] ?? '' } };
}
