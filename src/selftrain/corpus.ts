// What self-training reads: utterances with their speakers, frames, the text's phones and language model.
import { AsrError } from '../core/errors.js';
import { readJsonl, readLines } from '../core/jsonl.js';
import { hypothesisSchema, type Utterance } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { frameCepstra, cepstraColumns, cepstrumCount } from '../bootstrap/cepstra.js';
import type { FrameGrid } from '../core/frame-grid.js';
import { openFrames, readFeaturesInfo, type FeaturesInfo } from '../features/folder.js';
import { cacheFrames } from '../learn/frame-cache.js';
import { createTextFit, type TextFit } from '../learn/metric.js';
import { readArpa } from '../lm/arpa.js';
import { NgramCounter } from '../lm/kneser-ney.js';
import type { NgramModel } from '../lm/ngram.js';
import { readPhoneSet, readTextStats, textPath } from '../text/folder.js';
import { FrameView, type FrameReader } from '../triphone/frame-view.js';
import { readUtterances } from '../vad/folder.js';
import { frameLabels, gapFrames, type FrameLabels } from './labels.js';

export interface SelftrainCorpus {
  /** In the order of the manifest; only those with frames. */
  readonly utterances: readonly Utterance[];
  /** Without silence. */
  readonly phones: readonly string[];
  readonly index: ReadonlyMap<string, number>;
  readonly lm: NgramModel;
  readonly bigram: NgramModel;
  readonly textFit: TextFit;
  readonly grid: FeaturesInfo;
  /** Frames of the run's features as they are. */
  readonly frames: ShardReader;
  /** Frames that Gaussians like: cepstra and their changes. */
  readonly view: FrameView;
  /** Columns of the frames without their changes. */
  readonly statics: number;
  close(): Promise<void>;
}

export interface CorpusFolders {
  readonly vad: string;
  readonly features: string;
  readonly text: string;
}

/** Bytes of frames that stay in memory. */
export const frameBudget = 1 << 28;
/** Diagonal Gaussians say little of more values. */
const mostColumns = 80;

/** Why nothing can be trained on these frames; undefined where it can. */
export async function unfitFor({ features }: Pick<CorpusFolders, 'features'>): Promise<string | undefined> {
  const { kind, dim } = await readFeaturesInfo(features);
  return kind === 'mfcc' || kind === 'logmel' || dim <= mostColumns
    ? undefined
    : `Gaussians do not model frames of ${dim} values`;
}

/**
 * @param leftOut utterances that nothing is learned from and nothing recognised in
 * @throws AsrError 'config' for features that Gaussians cannot model, 'input' where there is nothing to train on
 */
export async function readCorpus(
  folders: CorpusFolders,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<SelftrainCorpus> {
  const grid = await readFeaturesInfo(folders.features);
  const reader = await openFrames(folders.features);
  const utterances: Utterance[] = [];
  for await (const utterance of readUtterances(folders.vad))
    if (reader.has(utterance.id) && !leftOut.has(utterance.id)) utterances.push(utterance);
  const set = await readPhoneSet(folders.text);
  const phones = set.phones.map(({ phone }) => phone).filter((phone) => phone !== set.silence);
  const { phonesPerSentence } = await readTextStats(folders.text, 'phonesPerSentence');
  const lm = await readArpa(textPath(folders.text, 'phoneLm'));
  const { base, columns, statics } = baseFrames(reader, grid);
  return {
    utterances,
    phones,
    index: new Map(phones.map((phone, i) => [phone, i])),
    lm,
    bigram: await bigramOf(textPath(folders.text, 'sentences'), set.silence),
    textFit: createTextFit({ lm, phones, phonesPerSentence }),
    grid,
    frames: reader,
    statics,
    view: new FrameView(base, { statics, columns, context: 0, rows: columns }),
    close: () => reader.close(),
  };
}

/** Frames as Gaussians of phones want them, from the features of the run. */
function baseFrames(
  reader: ShardReader,
  { kind, dim, config }: FeaturesInfo,
): { base: FrameReader; columns: number; statics: number } {
  const cached = cacheFrames(reader, frameBudget);
  if (kind === 'mfcc') return { base: cached, columns: dim, statics: config.coefficients };
  if (kind === 'logmel') {
    return {
      base: {
        read: async (id) => {
          const { data, rows, columns } = await cached.read(id);
          return { data: frameCepstra(data, rows, columns), rows };
        },
      },
      columns: cepstraColumns,
      statics: cepstrumCount,
    };
  }
  if (dim <= mostColumns) return { base: cached, columns: dim, statics: dim };
  throw new AsrError(
    'config',
    `selftrain.method=hmm: frames of ${dim} values (features.kind=${kind})`,
    'Gaussians model mfcc, logmel, and other frames of at most 80 values; set selftrain.method=none.',
  );
}

async function bigramOf(path: string, silence: string): Promise<NgramModel> {
  const counter = new NgramCounter(2);
  for await (const line of readLines(path))
    if (line.trim() !== '') counter.add(line.split(' ').filter((phone) => phone !== silence));
  return counter.estimate();
}

/** What was recognised, utterance by utterance, as far as training can use it. */
export interface RecognisedLabels {
  /** By utterance. */
  readonly labels: ReadonlyMap<string, FrameLabels>;
  /** Whether gaps between phones are many enough to be silence. */
  readonly silence: boolean;
}

/** Gaps of fewer frames are where speech was cut, not silence that was heard. */
const silentShare = 0.01;

/** What labels are read for: utterances and the frames that they have. */
export interface LabelledFrames extends Pick<SelftrainCorpus, 'utterances' | 'index'> {
  readonly grid: FrameGrid;
  readonly view: { readonly base: FrameReader };
}

/**
 * @param path hypotheses.jsonl. @param statesPerPhone frames that a phone has at least
 * @param silence undefined = find out
 */
export async function readLabels(
  corpus: LabelledFrames,
  path: string,
  statesPerPhone: number,
  silence?: boolean,
): Promise<RecognisedLabels> {
  const { index, grid, view } = corpus;
  const known = new Map(corpus.utterances.map((utterance) => [utterance.id, utterance]));
  let hasSilence = silence;
  if (hasSilence === undefined) {
    let gaps = 0;
    let frames = 0;
    for await (const { id, phones } of readJsonl(path, hypothesisSchema)) {
      const utterance = known.get(id);
      if (!utterance) continue;
      gaps += gapFrames(phones, utterance.regions, grid);
      frames += utterance.samples / grid.hop;
    }
    hasSilence = gaps > silentShare * frames;
  }
  const labels = new Map<string, FrameLabels>();
  for await (const { id, phones } of readJsonl(path, hypothesisSchema)) {
    const utterance = known.get(id);
    const own =
      utterance &&
      frameLabels(phones, utterance.regions, (await view.base.read(id)).rows, {
        index,
        statesPerPhone,
        grid,
        silence: hasSilence,
      });
    if (own) labels.set(id, own);
  }
  return { labels, silence: hasSilence };
}
