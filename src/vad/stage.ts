// The vad stage: recordings in; utterances (speech regions with the map back to original time) out.
// A recording without speech is left out by name; a long one becomes several utterances.
import { join, resolve } from 'node:path';
import { readRecordings, SampleReader } from '../audio/samples.js';
import { JsonlWriter } from '../core/jsonl.js';
import { sampleRate, type Recording, type Region, type Utterance } from '../core/records.js';
import { defineStage } from '../core/stage.js';
import { startProgress } from '../core/progress.js';
import { vadConfig } from './config.js';
import { createDetector } from './detector.js';
import { findUtterances } from './find.js';
import { regionSamples } from './regions.js';

export const vadStage = defineStage({
  name: 'vad',
  version: 1,
  reads: ['audio'],
  config: vadConfig,
  external: ({ method, silero }, data) => (method === 'silero' && silero.model !== '' ? [resolve(data, silero.model)] : []),
  async run(io) {
    const folder = io.inputs['audio'] as string;
    const recordings: Recording[] = [];
    for await (const recording of readRecordings(folder)) recordings.push(recording);
    const detector = await createDetector(io.config, io.compute, io.data);
    const samples = await SampleReader.open(folder);
    const utterances = await JsonlWriter.create(join(io.out, 'utterances.jsonl'));
    const progress = startProgress(io.log, 'find speech', recordings.length, 'recordings');
    const ids = new Set(recordings.map(({ id }) => id));
    let speech = 0;
    let total = 0;
    try {
      for (const [done, recording] of recordings.entries()) {
        io.signal?.throwIfAborted();
        const groups = await findUtterances(await samples.readGrid(recording.id), io.config, detector);
        total += recording.samples;
        if (typeof groups === 'string') await io.skip(recording.id, groups);
        else {
          for (const utterance of nameUtterances(recording, groups)) {
            if (utterance.id !== recording.id && ids.has(utterance.id)) {
              await io.skip(utterance.id, `a part of "${recording.id}" would have the id of another recording; rename that recording`);
              continue;
            }
            speech += utterance.samples;
            await utterances.write(utterance);
          }
        }
        progress.update(done + 1);
      }
    } finally {
      progress.finish();
      await samples.close();
      await utterances.close();
      await detector.dispose();
    }
    return { utterances: utterances.count, seconds: speech / sampleRate, 'seconds cut': (total - speech) / sampleRate };
  },
});

/** `<recording>` when there is one group, `<recording>_0001` and so on when there are several. */
export function nameUtterances({ id, speaker, split }: Recording, groups: readonly Region[][]): Utterance[] {
  return groups.map((regions, index) => ({
    id: groups.length === 1 ? id : `${id}_${String(index + 1).padStart(4, '0')}`,
    recording: id, speaker, split, regions, samples: regionSamples(regions),
  }));
}
