// Findings about sound and text together: segments against phones, sizes of batches and clusters, disk.
import { existsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { folderBytes } from '../../report/pipeline.js';
import type { RecipeConfig } from '../config.js';
import { duration, size } from '../../core/readable.js';
import { findingOf, type Finding } from './finding.js';
import type { TrialSound } from './trial.js';
import { textPath } from '../../text/folder.js';

/** Phones a second that people say in read and careful speech. */
export const usualRate = [10, 16] as const;

/** The text's rate supposes that a sentence of text is as long as an utterance; the sound's is counted. */
export function checkRates({ segmentsPerSecond: segments, phonesPerSecond: phones, seconds }: TrialSound): Finding[] {
  if (segments === undefined) return [];
  const outside = (rate: number): boolean => rate < usualRate[0] || rate > usualRate[1];
  const ratio = phones === undefined ? 1 : segments / phones;
  const text = phones === undefined ? '' : `; the text says ${phones.toFixed(1)} phones a second`;
  const apart = ratio < 2 / 3 || ratio > 1.5;
  const wrongText = phones !== undefined && outside(phones);
  return [
    findingOf(
      'rates',
      `${segments.toFixed(1)} segments a second in ${duration(seconds)} of sound${text} (usual: ` +
        `${usualRate.join(' to ')})`,
      {
        problem: segments < 4 || segments > 30 || (phones !== undefined && (phones < 4 || phones > 30)),
        warning: apart || outside(segments) || wrongText,
      },
      'Learning matches segments to phones one for one: where the rates are apart, no mapping fits.',
      wrongText
        ? `Sentences of the text may be ${(phones ?? 0) < usualRate[0] ? 'shorter' : 'longer'} than what is said ` +
            'in one utterance: divide or join them, or set segments.phoneRate. Or people speak ' +
            `${(phones ?? 0) < usualRate[0] ? 'slowly, or noise counts as speech (vad.energy.belowPeak)' : 'fast'}.`
        : 'Set segments.rateRatio or segments.phoneRate, or vad.energy.belowPeak where noise counts as speech.',
    ),
  ];
}

/** @param utterances, trainSpeech of the whole corpus, as expected from the sample */
export function checkSizes(
  config: RecipeConfig,
  trial: TrialSound,
  utterances: number,
  trainSpeech: number,
): Finding[] {
  const segments = (trial.segmentsPerSecond ?? 12) * trainSpeech;
  const perCluster = segments / config.clusters.count;
  const findings = [
    findingOf(
      'clusters',
      `${config.clusters.count} for about ${Math.round(segments)} segments: ${perCluster.toFixed(0)} each`,
      { problem: perCluster < 2, warning: perCluster < 50 },
      'A cluster of a few segments has no statistics to match.',
      'Lower clusters.count, or add speech.',
    ),
  ];
  if (config.learn.method !== 'gan') return findings;
  const { batch } = config.learn.gan;
  const batches = utterances / batch;
  return [
    ...findings,
    findingOf(
      'batch',
      `${batch} utterances a batch, about ${batches.toFixed(1)} batches in the corpus`,
      { problem: batches < 1, warning: batches < 10 },
      'When a batch is most of the corpus, every step sees the same, and adversarial training collapses more often.',
      'Lower learn.gan.batch to a tenth of the utterances, or add recordings.',
    ),
  ];
}

/** Room for models, runs, decoding and the page, beside what grows with sound and text. */
const fixedBytes = 60e6;

/**
 * @param tried folder in which the sample was tried, and a corpus made where the recipe makes one;
 * @param sound seconds in all
 */
export async function checkDisk(
  run: string,
  tried: string,
  trial: TrialSound,
  sound: number,
  textFile: string,
): Promise<Finding> {
  const textBytes = (await stat(textFile)).size;
  const sampleBytes = await folderBytes(join(tried, 'text'));
  const kept = await stat(textPath(join(tried, 'text'), 'words')).catch(() =>
    stat(textPath(join(tried, 'text'), 'sentences')),
  );
  const corpus = existsSync(join(tried, 'corpus')) ? await folderBytes(join(tried, 'corpus')) : 0;
  const needed =
    fixedBytes +
    corpus +
    1.15 * trial.bytesPerSecond * sound +
    sampleBytes * Math.max(1, textBytes / Math.max(1, kept.size));
  let place = resolve(run);
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const there = existsSync(run) ? await folderBytes(run) : 0;
  return findingOf(
    'disk',
    `the run will write about ${size(needed)}${there > 0 ? ` (${size(there)} are there)` : ''}; ` +
      `${size(free)} are free at ${place}`,
    { problem: needed - there > free, warning: needed - there > 0.7 * free },
    'A full disk stops the run; what is finished is kept.',
    'Free some space, or choose another folder with --run; features.storage=float16 halves the largest part.',
  );
}
