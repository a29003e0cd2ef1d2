// Features and an alignment in, labelled utterances out: a phone for every frame, spans of phones, boundaries. A sample
// of the corpus that fits into memory; utterances are drawn, and divided into a training and a test part, by the seed.
import { AsrError } from '../core/errors.js';
import type { Utterance } from '../core/records.js';
import type { Rng } from '../core/rng.js';
import { openFrames, readFeaturesInfo, type FeaturesInfo } from '../features/folder.js';
import { frameMiddle } from '../core/frame-grid.js';
import type { Frames } from '../core/time.js';
import { readUtterances } from '../vad/folder.js';
import { originalSample, speechSample } from '../vad/regions.js';
import type { AlignedPhone } from './alignment.js';

export interface ProbedToken {
  readonly phone: number;
  /** Frames, half-open. */
  readonly first: number;
  readonly end: number;
}

export interface ProbedUtterance {
  readonly id: string;
  readonly speaker: string;
  readonly test: boolean;
  /** [rows, dim] */
  readonly data: Float32Array;
  readonly rows: number;
  /** [rows] phone by index, -1 where nothing is aligned. */
  readonly labels: Int32Array;
  /** Phones in order, silence included; those without a frame are left out. */
  readonly tokens: readonly ProbedToken[];
  /** Where phones meet, in samples of the speech. */
  readonly boundaries: readonly number[];
  readonly samples: number;
}

export interface ProbedCorpus {
  readonly info: FeaturesInfo;
  readonly phones: readonly string[];
  /** Index of silence; -1 where it never occurs. */
  readonly silence: number;
  readonly utterances: readonly ProbedUtterance[];
}

export interface SampleOptions {
  readonly features: string;
  readonly vad: string;
  readonly alignment: ReadonlyMap<string, readonly AlignedPhone[]>;
  readonly silence: string;
  readonly frames: number;
  readonly testShare: number;
  readonly rng: Rng;
}

/** @throws AsrError 'input' when no utterance is in both */
export async function sampleLabelled({
  features,
  vad,
  alignment,
  silence,
  frames,
  testShare,
  rng,
}: SampleOptions): Promise<ProbedCorpus> {
  const info = await readFeaturesInfo(features);
  await using reader = await openFrames(features);
  const candidates: Utterance[] = [];
  for await (const utterance of readUtterances(vad))
    if (reader.has(utterance.id) && alignment.has(utterance.recording)) candidates.push(utterance);
  if (candidates.length < 2)
    throw new AsrError(
      'input',
      `probe: ${candidates.length} utterances have both features and an alignment`,
      'Do the ids of the alignment equal those of the recordings (audio/recordings.jsonl)?',
    );
  const phones = new Map<string, number>();
  const utterances: ProbedUtterance[] = [];
  let rows = 0;
  for (const utterance of rng.fork('sample').shuffleInPlace(candidates)) {
    if (rows >= frames) break;
    const item = await reader.read(utterance.id);
    rows += item.rows;
    utterances.push(
      label(item, utterance, { aligned: alignment.get(utterance.recording) as AlignedPhone[], grid: info, phones }),
    );
  }
  const testCount = Math.max(1, Math.round(testShare * utterances.length));
  return {
    info,
    phones: [...phones.keys()],
    silence: phones.get(silence) ?? -1,
    utterances: utterances.map((one, i) => (i < testCount ? { ...one, test: true } : one)),
  };
}

function label(
  { data, rows }: { data: Float32Array; rows: number },
  utterance: Utterance,
  { aligned, grid, phones }: { aligned: readonly AlignedPhone[]; grid: FeaturesInfo; phones: Map<string, number> },
): ProbedUtterance {
  const labels = new Int32Array(rows).fill(-1);
  const spans = new Int32Array(rows).fill(-1);
  let at = 0;
  for (let t = 0; t < rows; t++) {
    const sample = originalSample(utterance.regions, frameMiddle(t as Frames, grid));
    while (at < aligned.length && (aligned[at] as AlignedPhone).end <= sample) at++;
    const phone = aligned[at];
    if (!phone || phone.start > sample) continue;
    if (!phones.has(phone.phone)) phones.set(phone.phone, phones.size);
    labels[t] = phones.get(phone.phone) as number;
    spans[t] = at;
  }
  const tokens: ProbedToken[] = [];
  for (let t = 0; t < rows;) {
    let end = t + 1;
    while (end < rows && spans[end] === spans[t]) end++;
    if ((labels[t] as number) >= 0) tokens.push({ phone: labels[t] as number, first: t, end });
    t = end;
  }
  const boundaries = new Set<number>();
  for (const { start, end } of aligned) {
    for (const edge of [start, end])
      if (utterance.regions.some(([from, to]) => edge > from && edge < to))
        boundaries.add(speechSample(utterance.regions, edge));
  }
  return {
    id: utterance.id,
    speaker: utterance.speaker,
    test: false,
    data,
    rows,
    labels,
    tokens,
    boundaries: [...boundaries].sort((a, b) => a - b),
    samples: utterance.samples,
  };
}
