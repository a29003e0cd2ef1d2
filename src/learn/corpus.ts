// What learning sees, joined from the folders of earlier stages: units and boundaries of the training utterances,
// readers for their vectors and frames, and the text. No reference is ever among them.
import { readClusters } from '../clusters/clusters.js';
import { readUnits } from '../clusters/folder.js';
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import { ShardReader } from '../core/shards.js';
import { sampleRate } from '../core/time.js';
import { openFrames, readFeaturesFields } from '../features/folder.js';
import { readArpa } from '../lm/arpa.js';
import type { NgramModel } from '../lm/ngram.js';
import { sampleToFit } from '../numeric/fit-sample.js';
import { openPooled, readBoundaries } from '../segments/folder.js';
import { readPhoneSet, readSentences, readTextStats, textPath } from '../text/folder.js';
import { readUtterances } from '../vad/folder.js';
import { cacheFrames, type FrameSource } from './frame-cache.js';
import { TextLines } from './text-lines.js';

export interface TrainUtterance {
  readonly id: string;
  /** [segments] unit numbers. */
  readonly units: Int32Array;
  /** [segments] first frame after each segment. */
  readonly ends: Int32Array;
}

export interface LearnCorpus {
  readonly utterances: readonly TrainUtterance[];
  readonly unitCount: number;
  /** Segment vectors by utterance id. */
  readonly pooled: ShardReader;
  /** Normalised frames by utterance id. */
  readonly frames: FrameSource;
  /** What kind of frames, and how many a second. */
  readonly grid: { readonly kind: string; readonly framesPerSecond: number };
  /** Symbols by index; silence is the last. */
  readonly phones: readonly string[];
  readonly silence: string;
  /** How many of them matching and HMMs know: all, or all but silence. */
  readonly matched: number;
  /** Sentences as phone indexes, silence left in. */
  readonly lines: readonly Int32Array[];
  /** The same sentences of matched symbols. */
  readonly sentences: readonly Int32Array[];
  /** Phones without silence in a mean sentence. */
  readonly phonesPerSentence: number;
  readonly lm: NgramModel;
  /** Perplexity of held-out sentences, when the text is long enough to hold some out. */
  readonly textPerplexity: number | undefined;
  close(): Promise<void>;
}

export interface LearnFolders {
  readonly audio: string;
  readonly vad: string;
  readonly features: string;
  readonly segments: string;
  readonly clusters: string;
  readonly text: string;
}

const frameBudget = 1 << 28; // bytes: 4 hours of 39 MFCC at 100 frames a second

/** About how much is learned from, by chance where there is more. */
export interface LearnBound {
  readonly hours: number;
  readonly phones: number;
  readonly rng: Rng;
}

export interface CorpusChoice {
  /** Silence is matched as one more phone. */
  readonly silent?: boolean;
  /** Utterances that are not learned from. */
  readonly leftOut?: ReadonlySet<string>;
  /** All of it without. */
  readonly bound?: LearnBound;
}

/** @throws AsrError 'input' when the folders do not belong together or hold nothing to learn from */
export async function readCorpus(
  folders: LearnFolders,
  { silent = false, leftOut = new Set(), bound }: CorpusChoice = {},
): Promise<LearnCorpus> {
  const { text, ...known } = await readText(folders.text, bound);
  let spoken: TextLines | undefined;
  const { count: unitCount } = await readClusters(folders.clusters, 'count');
  const training = await readTraining(folders, bound);
  const utterances = training.utterances.filter(({ id }) => !leftOut.has(id));
  if (utterances.length === 0)
    throw new AsrError(
      'input',
      leftOut.size > 0
        ? `learn: each of the ${leftOut.size} training utterances was left out`
        : 'learn: no training utterance has units',
      leftOut.size > 0
        ? 'skipped.jsonl says why for each; run the features stage again.'
        : 'Check that the corpus has utterances of split "train" with speech in them.',
    );
  const { pooled, frames } = await openVectors(folders);
  const { kind, hop } = await readFeaturesFields(folders.features, 'kind', 'hop');
  return {
    ...known,
    get lines() {
      return text.views;
    },
    get sentences() {
      return silent ? text.views : (spoken ??= text.without(known.phones.length - 1)).views;
    },
    matched: silent ? known.phones.length : known.phones.length - 1,
    utterances,
    unitCount,
    grid: { kind, framesPerSecond: sampleRate / hop },
    pooled,
    frames: cacheFrames(frames, frameBudget),
    close: async () => {
      await pooled.close();
      await frames.close();
    },
  };
}

/** Segment vectors and frames. */
export const openVectors = async ({
  segments,
  features,
}: Pick<LearnFolders, 'segments' | 'features'>): Promise<Record<'pooled' | 'frames', ShardReader>> => ({
  pooled: await openPooled(segments),
  frames: await openFrames(features),
});

/** Training utterances that have units, in their order; and how many chance left out. */
export async function readTraining(
  { vad, segments, clusters }: LearnFolders,
  bound?: LearnBound,
): Promise<{ utterances: TrainUtterance[]; left: number }> {
  const all: { readonly id: string; readonly samples: number }[] = [];
  for await (const { id, split, samples } of readUtterances(vad)) if (split === 'train') all.push({ id, samples });
  const most = (bound?.hours ?? Infinity) * 3600 * sampleRate;
  const chosen = bound ? sampleToFit(all, ({ samples }) => samples, most, bound.rng.fork('fit utterances')) : all;
  const train = new Set(chosen.map(({ id }) => id));
  const ends = new Map<string, Int32Array>();
  for await (const record of readBoundaries(segments)) {
    if (train.has(record.id)) ends.set(record.id, Int32Array.from(record.ends));
  }
  const utterances: TrainUtterance[] = [];
  for await (const record of readUnits(clusters)) {
    const own = ends.get(record.id);
    if (!own) continue;
    if (own.length !== record.units.length) {
      throw new AsrError(
        'input',
        `${clusters}: "${record.id}" has ${record.units.length} units, but ${own.length} segments in ${segments}`,
        'The folders belong to different runs; run the clusters stage again.',
      );
    }
    utterances.push({ id: record.id, units: Int32Array.from(record.units), ends: own });
  }
  return { utterances, left: all.length - chosen.length };
}

type KnownText = Pick<LearnCorpus, 'phones' | 'silence' | 'phonesPerSentence' | 'lm' | 'textPerplexity'>;

async function readText(folder: string, bound?: LearnBound): Promise<KnownText & { readonly text: TextLines }> {
  const set = await readPhoneSet(folder);
  const phones = set.phones.map(({ phone }) => phone);
  if (phones.at(-1) !== set.silence || phones.length < 3) {
    throw new AsrError(
      'input',
      `${folder}: expected at least two phones and silence "${set.silence}` +
        `" as the last, found ${phones.length} symbols`,
      'Run the text stage again, with more text.',
    );
  }
  const index = new Map(phones.map((phone, i) => [phone, i]));
  const silence = phones.length - 1;
  const text = new TextLines();
  const spoken = { sentences: 0, phones: 0 };
  const path = textPath(folder, 'sentences');
  for await (const { line, number } of readSentences(folder, 'sentences', bound)) {
    const own = line.split(' ').map((phone) => {
      const i = index.get(phone);
      if (i === undefined)
        throw new AsrError(
          'input',
          `${path}, line ${number}: "${phone}" is not in phones.json`,
          'Run the text stage again.',
        );
      return i;
    });
    text.add(own);
    const said = own.reduce((sum, phone) => sum + (phone === silence ? 0 : 1), 0);
    spoken.phones += said;
    spoken.sentences += said > 0 ? 1 : 0;
  }
  if (spoken.sentences === 0) throw new AsrError('input', `${path}: no sentence holds a phone`, 'Give more text.');
  const { heldOutPerplexity } = await readTextStats(folder, 'heldOutPerplexity');
  return {
    phones,
    silence: set.silence,
    text,
    phonesPerSentence: spoken.phones / spoken.sentences,
    lm: await readArpa(textPath(folder, 'phoneLm')),
    textPerplexity: heldOutPerplexity ?? undefined,
  };
}
