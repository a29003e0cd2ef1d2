// The vad stage: recordings in; utterances (speech regions with the map back to original time) out.
// A recording without speech is left out by name; a long one becomes several utterances.
import { resolve } from 'node:path';
import { readRecordings, SampleReader } from '../audio/samples.js';
import { held } from '../core/disposal.js';
import { driveProblem } from '../core/errors.js';
import type { Recording, Region, Utterance } from '../core/records.js';
import { defineStage } from '../core/stage.js';
import { startProgress } from '../core/progress.js';
import { sampleRate } from '../core/time.js';
import { vadConfig } from './config.js';
import { createDetector, type SpeechDetector } from './detector.js';
import { utterancesOf } from './find.js';
import { createUtterances } from './folder.js';
import { regionSamples } from './regions.js';

export const vadStage = defineStage({
  name: 'vad',
  version: 2,
  reads: ['audio'],
  config: vadConfig,
  external: ({ method, silero }, data) =>
    method === 'silero' && silero.model !== '' ? [resolve(data, silero.model)] : [],
  async run(io) {
    const folder = io.inputs.audio;
    await using detector = held(await createDetector(io.config, io.compute, io.data));
    await using samples = await SampleReader.open(folder);
    await using utterances = await createUtterances(io.out);
    const progress = startProgress(io.log, 'find speech', samples.recordings, 'recordings');
    let speech = 0;
    let total = 0;
    let done = 0;
    try {
      for await (const { recording, grid, regions } of speechRegions(folder, samples, detector, io.signal)) {
        const groups = typeof grid === 'string' ? grid : utterancesOf(grid, regions, io.config);
        total += recording.samples;
        if (typeof groups === 'string') await io.skip(recording.id, groups);
        else {
          for (const utterance of nameUtterances(recording, groups)) {
            if (utterance.id !== recording.id && samples.has(utterance.id)) {
              await io.skip(
                utterance.id,
                `a part of "${recording.id}" would have the id of another recording; rename that recording`,
              );
              continue;
            }
            speech += utterance.samples;
            await utterances.write(utterance);
          }
        }
        progress.update(++done);
      }
    } finally {
      progress.finish();
    }
    await utterances.close();
    return { utterances: utterances.count, seconds: speech / sampleRate, 'seconds cut': (total - speech) / sampleRate };
  },
});

const groupSamples = 20 * 60 * sampleRate; // 40 MB, and enough stretches to fill a detector that takes many

/** Recordings in their order, read in groups of twenty minutes, each with its regions of speech. */
async function* speechRegions(
  folder: string,
  samples: SampleReader,
  detector: SpeechDetector,
  signal?: AbortSignal,
): AsyncGenerator<{ recording: Recording; grid: Int16Array | string; regions: readonly Region[] }> {
  let group: HeldSound[] = [];
  let held = 0;
  for await (const recording of readRecordings(folder)) {
    signal?.throwIfAborted();
    try {
      group.push({ recording, grid: await samples.readGrid(recording.id) });
      held += recording.samples;
    } catch (thrown) {
      yield { recording, grid: driveProblem(thrown).message, regions: [] };
    }
    if (held < groupSamples) continue;
    yield* regionsOf(group, detector);
    [group, held] = [[], 0];
  }
  yield* regionsOf(group, detector);
}

interface HeldSound {
  readonly recording: Recording;
  readonly grid: Int16Array;
}

async function* regionsOf(
  group: readonly HeldSound[],
  detector: SpeechDetector,
): AsyncGenerator<HeldSound & { regions: readonly Region[] }> {
  const found = group.length === 0 ? [] : await detector.detectMany?.(group.map(({ grid }) => grid));
  for (const [n, one] of group.entries())
    yield {
      ...one,
      regions: found ? (found[n] as Region[]) : one.grid.length === 0 ? [] : await detector.detect(one.grid),
    };
}

/** `<recording>` when there is one group, `<recording>_0001` and so on when there are several. */
export function nameUtterances({ id, speaker, split }: Recording, groups: readonly Region[][]): Utterance[] {
  return groups.map((regions, index) => ({
    id: groups.length === 1 ? id : `${id}_${String(index + 1).padStart(4, '0')}`,
    recording: id,
    speaker,
    split,
    regions,
    samples: regionSamples(regions),
  }));
}
