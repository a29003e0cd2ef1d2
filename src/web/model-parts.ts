// A model folder in, what a browser needs to run it out: settings, named arrays and graphs; or the reason why this
// model cannot go there.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cardFile, showsWords } from '../bundle/card.js';
import type { ModelRecord } from '../bundle/model-record.js';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { loadDecoder, decoderFolder } from '../decode/decoder-files.js';
import type { DecoderParts } from '../decode/decoder.js';
import type { WordList } from '../decode/lexicon-file.js';
import { emissionSchema, readEmissionParts } from '../learn/emission.js';
import { loadAcousticModel, networkFiles, type NetworkRecord } from '../learn/network-emission.js';
import { readLm } from '../lm/lm-file.js';
import type { NgramModel } from '../lm/ngram.js';
import { findSilero } from '../vad/silero.js';
import { framesGraph, gaussiansGraph, generatorGraph, networkGraph } from './graphs.js';
import {
  packNamed,
  packTexts,
  webFiles,
  webVersion,
  type NamedArrays,
  type WebEmission,
  type WebModel,
} from './web-model.js';

interface Emitted {
  readonly emission: WebEmission;
  readonly graphs: Readonly<Record<string, Uint8Array>>;
  readonly arrays: NamedArrays;
  readonly lms?: Readonly<Record<string, NgramModel>>;
}

/**
 * Files of the model, by name.
 * @throws AsrError 'model' for a model that a browser cannot run, with the reason
 */
export async function webModelFiles(folder: string, record: ModelRecord): Promise<Record<string, Uint8Array>> {
  refuseFeatures(folder, record);
  const { emission, graphs, arrays, lms = {} } = await emitted(folder);
  const { phones, silence } = await readEmissionParts(join(folder, 'emission'));
  const decoder = await loadDecoder(join(folder, decoderFolder), { phones, silence });
  const { lexicon, fillerLengths, ...models } = decoder.parts;
  const all = { ...lms, ...definedLms(models) };
  const settings: WebModel = {
    version: webVersion,
    name: nameOf(folder),
    card: await readFile(join(folder, cardFile), 'utf8').catch(() => ''),
    words: showsWords(record),
    record: { ...record, files: {}, seal: '' },
    symbols: { phones, silence },
    decode: decoder.config,
    emission,
    lms: Object.fromEntries(Object.entries(all).map(([name, { order }]) => [name, order])),
  };
  return {
    [webFiles.settings]: new TextEncoder().encode(`${JSON.stringify(settings)}\n`),
    [webFiles.arrays]: packNamed({
      ...{ ...arrays, ...lmArrays(all) },
      ...(lexicon ? lexiconArrays(lexicon) : {}),
      ...(fillerLengths ? { fillerLengths } : {}),
    }),
    [webFiles.frames]: framesGraph(record.features),
    ...graphs,
    ...(record.vad.method === 'silero'
      ? { [webFiles.detector]: await readFile(findSilero(record.vad.silero, folder)) }
      : {}),
  };
}

/** A bundle is named after its run. */
const nameOf = (folder: string): string =>
  basename(folder) === 'bundle' ? basename(dirname(folder)) : basename(folder);

function refuseFeatures(folder: string, { features }: ModelRecord): void {
  if ((features.kind === 'mfcc' || features.kind === 'logmel') && !features.reduction.components) return;
  throw new AsrError(
    'model',
    features.kind === 'mfcc' || features.kind === 'logmel'
      ? `${folder}: its features are reduced to components, which a browser does not do yet`
      : `${folder}: its features are of the kind "${features.kind}": ` +
          'an encoder of hundreds of megabytes is not sent to browsers',
    'Serve it with `asr serve`, or export a model over MFCC or log-mel features.',
  );
}

async function emitted(folder: string): Promise<Emitted> {
  const own = join(folder, 'emission');
  const parts = await readEmissionParts(own);
  switch (parts.kind) {
    case 'hmm': {
      const { topology, gaussians, acousticScale } = parts.hmm;
      const { statesPerPhone, states, stay, phones, bigram } = topology;
      return {
        emission: { kind: 'hmm', dim: gaussians.dim, statesPerPhone, states, stay, modelled: phones, acousticScale },
        graphs: { [webFiles.scores]: gaussiansGraph(gaussians) },
        arrays: {
          'bigram.initial': f64(bigram.initial),
          'bigram.final': f64(bigram.final),
          'bigram.next': f64(bigram.next),
        },
      };
    }
    case 'ctc': {
      const { bands, channels } = parts.network.shape;
      return {
        emission: { kind: 'ctc', bands, channels },
        graphs: { [webFiles.scores]: networkGraph(parts.network) },
        arrays: {},
      };
    }
    case 'generator': {
      if (parts.input === 'segments') break;
      const { kernel, pad, stride = 1 } = parts.generator;
      return {
        emission: { kind: 'generator', kernel, pad, stride },
        graphs: { [webFiles.scores]: generatorGraph(parts.generator) },
        arrays: {},
      };
    }
    case 'network': {
      const record = await readJson(join(own, 'emission.json'), emissionSchema);
      if (record.kind === 'network') return network(own, record);
      break;
    }
    case 'table':
    case 'triphone':
      break;
  }
  const why =
    parts.kind === 'triphone'
      ? 'its states depend on the phones around them'
      : 'it works on segments, which are found by dynamic programming that the page does not have';
  throw new AsrError(
    'model',
    `${folder}: a model of the kind "${parts.kind}" does not run in a browser yet: ${why}`,
    'Serve it with `asr serve`, or learn with learn.refine=hmm, learn.method=bootstrap or selftrain.method=ctc.',
  );
}

async function network(folder: string, record: NetworkRecord): Promise<Emitted> {
  const { network: trained, logPrior, mixtures } = await loadAcousticModel(folder, record);
  return {
    emission: { kind: 'network', record },
    graphs: {
      [webFiles.scores]: networkGraph(trained),
      ...(mixtures ? { [webFiles.gaussians]: gaussiansGraph(mixtures.gaussians) } : {}),
    },
    arrays: { logPrior, ...(mixtures ? { logWeights: mixtures.logWeights } : {}) },
    lms: { own: await readLm(join(folder, networkFiles.lm)) },
  };
}

const f64 = (numbers: ArrayLike<number>): Float64Array => Float64Array.from(numbers);

function definedLms(parts: Omit<DecoderParts, 'lexicon' | 'fillerLengths'>): Record<string, NgramModel> {
  return Object.fromEntries(Object.entries(parts).flatMap(([name, lm]) => (lm ? [[name, lm]] : [])));
}

/** As `lmOf` of browser-model.ts reads them. */
function lmArrays(models: Readonly<Record<string, NgramModel>>): NamedArrays {
  return Object.fromEntries(
    Object.entries(models).flatMap(([name, { parts }]) => {
      const { parent, symbol, length, suffix, slots } = parts.trie.toArrays();
      const floats = (values: Float64Array | Float32Array): Float32Array =>
        Float32Array.from(values.subarray(0, parent.length));
      const { logProb, backoff } = parts;
      return Object.entries({
        ...{ parent, symbol, length, suffix, slots, symbols: packTexts(parts.symbols) },
        ...{ logProb: floats(logProb), backoff: floats(backoff) },
      }).map(([part, array]) => [`${name}.${part}`, array] as const);
    }),
  );
}

function lexiconArrays(list: WordList): NamedArrays {
  const { tree, count, ids } = list;
  const { column, firstChild, nextSibling, firstEntry, nextEntry, entryWord, lookahead } = tree;
  const arrays = { column, firstChild, nextSibling, firstEntry, nextEntry, entryWord, lookahead, ids };
  const words = packTexts(Array.from({ length: count }, (_, i) => list.word(i)));
  return Object.fromEntries(Object.entries({ ...arrays, words }).map(([name, array]) => [`lexicon.${name}`, array]));
}
