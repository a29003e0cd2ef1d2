// The table of contents of the project: every stage in order, what it reads, and where it lives.
// Each stage is a folder under src/ and a folder in the run directory; stages talk through files alone.
import type { StageDefinition } from './core/stage.js';

export interface StageEntry {
  readonly name: string;
  /** What it does, in one line, for people. */
  readonly summary: string;
  /** The stages whose output folders it reads, in the order of `asr stage --in`. */
  readonly reads: readonly string[];
  /** Loaded only when the stage runs, so that a finished recipe is recognised in a moment. */
  readonly load: () => Promise<StageDefinition>;
}

export const stages: readonly StageEntry[] = [
  {
    name: 'audio',
    reads: [],
    summary: 'finds, decodes, resamples and checks the recordings of a corpus',
    load: async () => (await import('./audio/stage.js')).audioStage,
  },
  {
    name: 'vad',
    reads: ['audio'],
    summary: 'cuts silence away and keeps the map back to original time',
    load: async () => (await import('./vad/stage.js')).vadStage,
  },
  {
    name: 'features',
    reads: ['audio', 'vad'],
    summary: 'turns speech into one vector every 10 or 20 ms: MFCC, or a published encoder',
    load: async () => (await import('./features/stage.js')).featuresStage,
  },
  {
    name: 'text',
    reads: [],
    summary: 'normalises and phonemises the unpaired text; phone set and phone n-gram model',
    load: async () => (await import('./text/stage.js')).textStage,
  },
  {
    name: 'segments',
    reads: ['features', 'vad', 'text'],
    summary: 'cuts speech into phone-like segments, one pooled vector each',
    load: async () => (await import('./segments/stage.js')).segmentsStage,
  },
  {
    name: 'clusters',
    reads: ['segments', 'vad'],
    summary: 'names each segment by the nearest of K centroids: its unit',
    load: async () => (await import('./clusters/stage.js')).clustersStage,
  },
  {
    name: 'learn',
    reads: ['segments', 'clusters', 'text', 'vad', 'features', 'audio'],
    summary:
      'maps segments to phones against the unpaired text, without a label; keeps the best run by a label-free metric',
    load: async () => (await import('./learn/stage.js')).learnStage,
  },
  {
    name: 'decode',
    reads: ['learn', 'segments', 'clusters', 'vad', 'features', 'text'],
    summary: 'writes phones and words with their times for every utterance',
    load: async () => (await import('./decode/stage.js')).decodeStage,
  },
  {
    name: 'selftrain',
    reads: ['decode', 'features', 'text', 'vad', 'audio'],
    summary:
      'trains HMMs on what was recognised, as Kaldi does, and recognises anew; the best by a judge without labels',
    load: async () => (await import('./selftrain/stage.js')).selftrainStage,
  },
  {
    name: 'score',
    reads: ['decode', 'selftrain', 'text', 'vad', 'audio', 'learn', 'segments', 'clusters', 'features'],
    summary: 'compares with references, where there are any: the only stage that may open them',
    load: async () => (await import('./score/stage.js')).scoreStage,
  },
  {
    name: 'bundle',
    reads: ['features', 'segments', 'clusters', 'learn', 'decode', 'selftrain', 'text', 'vad', 'score'],
    summary: 'collects what `asr transcribe` needs into one model folder',
    load: async () => (await import('./bundle/stage.js')).bundleStage,
  },
  {
    name: 'report',
    reads: [
      'audio',
      'vad',
      'features',
      'text',
      'segments',
      'clusters',
      'learn',
      'decode',
      'selftrain',
      'score',
      'bundle',
    ],
    summary: 'writes one page for people: times, runs, curves, errors, utterances with sound',
    load: async () => (await import('./report/stage.js')).reportStage,
  },
];

export const stageNames: readonly string[] = stages.map((stage) => stage.name);
