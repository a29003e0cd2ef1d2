// A model folder that was never trained: seeded numbers in every part, so that transcribing runs whole in milliseconds
// and the same sound always gives the same (meaningless) phones.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sealModel } from '../../src/bundle/model-folder.js';
import type { ModelRecord } from '../../src/bundle/model-record.js';
import { saveClusters } from '../../src/clusters/clusters.js';
import { Rng } from '../../src/core/rng.js';
import { sampleRate } from '../../src/core/time.js';
import { decodeConfig } from '../../src/decode/config.js';
import { wordListOf } from '../../src/decode/lexicon-file.js';
import { saveDecoder } from '../../src/decode/decoder-files.js';
import { featuresConfig } from '../../src/features/config.js';
import { createTopology } from '../../src/hmm/topology.js';
import { small as smallEncoder } from '../../bench/encoder-families.js';
import { writeEncoder } from '../features/encoder-folder.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import {
  blankSymbol,
  saveCtcEmission,
  saveGeneratorEmission,
  saveHmmEmission,
  saveNetworkEmission,
  saveTableEmission,
} from '../../src/learn/emission.js';
import { saveSegmenterModel } from '../../src/segments/model.js';
import { vadConfig } from '../../src/vad/config.js';
import { smallBootstrap, smallNetwork } from './small-network.js';

export const phones = ['a', 'e', 'k', 'l', 'm', 's', 't', '<SIL>'];
const silence = '<SIL>';
const units = 16;

export interface SmallModelOptions {
  readonly kind?: 'table' | 'hmm' | 'generator' | 'ctc' | 'network';
  /** The HMM has states for silence. */
  readonly silent?: boolean;
  /** `none`: everything is speech. */
  readonly vad?: 'energy' | 'none';
  /** Frames of a small encoder instead of MFCC. */
  readonly encoder?: boolean;
  /** Words of a lexicon under a language model instead of the best phone of each row. */
  readonly words?: boolean;
  /** How its text was read. */
  readonly text?: ModelRecord['text'];
}

export async function makeSmallModel(
  folder: string,
  { kind = 'table', silent = false, vad = 'energy', encoder = false, words = false, text }: SmallModelOptions = {},
): Promise<ModelRecord> {
  const dim = encoder ? smallEncoder.hidden : 39;
  const columns = 3 * dim + 1;
  const rng = Rng.fromSeed(11);
  const normal = (size: number, scale: number): Float32Array =>
    Float32Array.from({ length: size }, () => scale * rng.normal());
  // A network over frames needs nothing that cuts them up, and the bundle stage gives it none.
  const cuts = kind !== 'ctc';
  const overBands = kind === 'ctc' || kind === 'network';
  for (const part of [...(cuts ? ['segments', 'clusters'] : []), 'emission', 'decoder'])
    await mkdir(join(folder, part), { recursive: true });
  const centroids = normal(units * columns, 0.5); // drawn for every kind: what follows stays the same
  if (cuts) {
    await saveSegmenterModel(join(folder, 'segments'), {
      method: 'dp',
      dim,
      minFrames: 2,
      maxFrames: 30,
      penalty: encoder ? 3 : 12,
      weights: new Array<number>(13).fill(1),
      vectors: { columns: dim, duration: 0.5, edges: 0.5 },
    });
    await saveClusters(join(folder, 'clusters'), { count: units, columns, inertia: 1, rows: 100 }, centroids);
  }
  const emission = join(folder, 'emission');
  if (kind === 'table') await saveTableEmission(emission, { phones, silence }, normal(units * phones.length, 2));
  else if (kind === 'generator')
    await saveGeneratorEmission(
      emission,
      { phones, silence },
      {
        w: normal(9 * dim * phones.length, 0.1),
        bias: normal(9 * phones.length, 0.1),
        kernel: 9,
        pad: 4,
        stride: 3,
        columns: dim,
        classes: phones.length,
      },
      'frames',
    );
  else if (kind === 'ctc')
    await saveCtcEmission(
      emission,
      { phones: [...phones, blankSymbol], silence },
      smallNetwork(rng, phones.length + 1),
    );
  else if (kind === 'network') {
    const { acoustics, lm, settings, length } = smallBootstrap(rng, normal, phones);
    await saveNetworkEmission(emission, { phones, silence }, { acoustics, lm }, settings, length);
  } else
    await saveHmmEmission(emission, { phones, silence }, smallHmm(rng, normal, phones.length - (silent ? 0 : 1), dim));
  const decode = decodeConfig.parse(words ? { method: 'words', beam: 100, filler: false } : { method: 'greedy' });
  await saveDecoder(join(folder, 'decoder'), decode, words ? smallWords() : {});
  if (encoder) writeEncoder(join(folder, 'encoder'), 'wav2vec2-base', { preprocessor: { do_normalize: true } });
  await writeFile(join(folder, 'README.md'), '# Small\n');
  const arrays = {
    table: ['table.npy'],
    generator: ['generator.npy'],
    hmm: ['gaussians.npy', 'bigram.npy'],
    ctc: ['ctc.npy'],
    network: ['network.npy', 'phone-lm.bin'],
  }[kind];
  return sealModel(
    folder,
    {
      program: 'asr test',
      title: 'small',
      licence: 'Apache-2.0',
      sampleRate,
      phones,
      silence,
      ...(kind === 'ctc' ? { model: { kind, pass: 'ctc' } } : {}),
      vad: vadConfig.parse({ method: vad }),
      features: featuresConfig.parse(
        encoder ? { kind: 'onnx', model: 'encoder', layer: 2 } : overBands ? { kind: 'logmel', normalise: 'none' } : {},
      ),
      decode,
      ...(text ? { text } : {}),
      provenance: { stages: {}, seed: 11, metric: null, trainSeconds: 0, textSentences: 0 },
    },
    [
      ...(cuts ? ['segments/segmenter.json', 'clusters/clusters.json', 'clusters/centroids.npy'] : []),
      'emission/emission.json',
      ...arrays.map((name) => `emission/${name}`),
      'decoder/decoder.json',
      ...(words ? ['decoder/word-lm.bin', 'decoder/words.bin'] : []),
      ...(encoder ? ['model.onnx', 'config.json', 'preprocessor_config.json'].map((name) => `encoder/${name}`) : []),
      'README.md',
    ],
  );
}

/** Every two phones are a word. */
function smallWords(): Parameters<typeof saveDecoder>[2] {
  const spoken = phones.slice(0, -1);
  const pairs = spoken.flatMap((_, a) => spoken.map((__, b) => [a, b] as const)).filter(([a, b]) => a !== b);
  const words = pairs.map(([a, b]) => `${phones[a]}${phones[b]}`);
  const wordLm = estimateNgram(
    words.map((word, i) => [word, words[(i * 5) % words.length]!, words[(i * 7) % words.length]!]),
    { order: 2 },
  );
  const entries = pairs.map((pair, word) => ({ word, phones: [...pair] }));
  return { wordLm, lexicon: wordListOf({ words, entries }, wordLm) };
}

function smallHmm(
  rng: Rng,
  normal: (size: number, scale: number) => Float32Array,
  spoken: number,
  dim: number,
): Parameters<typeof saveHmmEmission>[2] {
  const statesPerPhone = 2;
  const states = spoken * statesPerPhone;
  const next = new Float64Array(spoken * spoken);
  const final = new Float64Array(spoken);
  for (let v = 0; v < spoken; v++) {
    const row = Float64Array.from({ length: spoken + 1 }, () => 0.1 + rng.uniform());
    const sum = row.reduce((a, b) => a + b, 0);
    next.set(
      row.subarray(0, spoken).map((p) => p / sum),
      v * spoken,
    );
    final[v] = row[spoken]! / sum;
  }
  return {
    topology: createTopology({ initial: new Float64Array(spoken).fill(1 / spoken), next, final }, statesPerPhone, 6),
    gaussians: {
      states,
      dim,
      means: normal(states * dim, 0.7),
      variances: normal(states * dim, 0.3).map((x) => 1 + Math.abs(x)),
    },
    acousticScale: 0.3,
  };
}

/** Bursts of tones and noise with pauses between: sound in which something is found. Mono, 16 kHz. */
export function babble(seconds: number, seed = 1): Float32Array {
  const rng = Rng.fromSeed(seed);
  const samples = new Float32Array(Math.round(seconds * sampleRate));
  for (let at = 0; at < samples.length;) {
    const length = Math.round((0.3 + rng.uniform()) * sampleRate);
    const pieces = 3 + rng.integer(4);
    for (let i = 0; i < length && at + i < samples.length; i++) {
      const piece = Math.floor((i / length) * pieces);
      const pitch = 200 + 300 * ((piece * 7 + seed) % 9);
      samples[at + i] =
        0.5 *
        Math.tanh(
          0.6 * Math.sin((2 * Math.PI * pitch * i) / sampleRate) + (piece % 3 === 0 ? 0.3 : 0.02) * rng.normal(),
        );
    }
    at += length + Math.round((0.15 + 0.5 * rng.uniform()) * sampleRate);
  }
  return samples;
}
