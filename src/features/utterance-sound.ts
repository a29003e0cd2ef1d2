// The sound of each utterance, in manifest order: decoded recordings and speech regions in, samples out.
// Utterances of one recording stand together in the manifest, so each recording is read once.
import { join } from 'node:path';
import { SampleReader } from '../audio/samples.js';
import { isFatal, toAsrError } from '../core/errors.js';
import { readJsonl, readLines } from '../core/jsonl.js';
import { utteranceSchema, type Utterance } from '../core/records.js';
import { keepRegions } from '../vad/regions.js';

export interface UtteranceSound {
  readonly utterance: Utterance;
  /** Speech only, 16 kHz, in [-1, 1]. */
  readonly samples: Float32Array;
}

/**
 * @param audio output folder of the audio stage
 * @param vad output folder of the vad stage
 * @param skip is told of each utterance whose recording is missing or shorter than its regions say
 */
export async function* utteranceSounds(audio: string, vad: string, skip: (id: string, reason: string) => Promise<void>): AsyncGenerator<UtteranceSound> {
  const recordings = await SampleReader.open(audio);
  let held: { id: string; samples: Float32Array } | undefined;
  try {
    for await (const utterance of readJsonl(join(vad, 'utterances.jsonl'), utteranceSchema)) {
      if (held?.id !== utterance.recording) {
        held = undefined;
        try {
          held = { id: utterance.recording, samples: await recordings.read(utterance.recording) };
        } catch (thrown) {
          const error = toAsrError(thrown);
          if (isFatal(error)) throw error;
          await skip(utterance.id, error.message);
          continue;
        }
      }
      const { samples } = held;
      const beyond = utterance.regions.find(([, end]) => end > samples.length);
      if (beyond) await skip(utterance.id, `its region [${beyond.join(', ')}) ends behind recording "${held.id}" of ${samples.length} samples`);
      else yield { utterance, samples: keepRegions(samples, utterance.regions) };
    }
  } finally {
    await recordings.close();
  }
}

/** How many utterances a vad folder has, without parsing them. */
export async function countUtterances(vad: string): Promise<number> {
  let count = 0;
  for await (const line of readLines(join(vad, 'utterances.jsonl'))) count += line.trim() === '' ? 0 : 1;
  return count;
}
