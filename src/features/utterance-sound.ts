// The sound of each utterance, in manifest order: decoded recordings and speech regions in, samples out.
// Each reads its own stretch of the recording, so that hours in one file need no hours in memory.
import { SampleReader, samplesFolder } from '../audio/samples.js';
import { AsrError, itemProblem } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { indexPath } from '../core/shards.js';
import { divideManifest, type ByteRange, type Stretch } from '../core/stretches.js';
import { type Region, type Utterance } from '../core/records.js';
import { keepRegions } from '../vad/regions.js';
import { readUtterances, utterancesPath } from '../vad/folder.js';

export interface UtteranceSound {
  readonly utterance: Utterance;
  /** Speech only, 16 kHz, in [-1, 1]. */
  readonly samples: Float32Array;
}

/**
 * @param audio output folder of the audio stage; without it, samples stay empty
 * @param vad output folder of the vad stage
 * @param bytes of the utterances, and of the recordings' index, that are wanted (`divideForSound`); none: all
 * @param skip is told of each utterance whose recording is missing or shorter than its regions say
 */
export async function* utteranceSounds(
  audio: string | undefined,
  vad: string,
  bytes: readonly ByteRange[],
  skip: (id: string, reason: string) => Promise<void>,
): AsyncGenerator<UtteranceSound> {
  const [utterances, samples] = bytes;
  await using recordings = audio === undefined ? undefined : await SampleReader.open(audio, samples);
  for await (const utterance of readUtterances(vad, utterances)) {
    const { id, recording, regions } = utterance;
    try {
      yield { utterance, samples: recordings ? await speechOf(recordings, recording, regions) : new Float32Array(0) };
    } catch (thrown) {
      const error = itemProblem(thrown);
      await skip(id, error.message);
    }
  }
}

/** Reads no more than the stretch of the recording that the utterance lies in. */
async function speechOf(
  recordings: SampleReader,
  recording: string,
  regions: readonly Region[],
): Promise<Float32Array> {
  const first = regions[0]?.[0] ?? 0;
  const end = regions.at(-1)?.[1] ?? 0;
  const length = recordings.lengthOf(recording);
  if (end > length)
    throw new AsrError(
      'input',
      `its regions end at sample ${end}, behind recording "${recording}" of ${length} samples`,
    );
  const stretch = await recordings.readRange(recording, first, end);
  return keepRegions(
    stretch,
    regions.map(([from, to]) => [from - first, to - first] as Region),
  );
}

/**
 * Stretches of so many utterances, with what `utteranceSounds` wants to know of them.
 * @param audio none where no sound is read
 */
export const divideForSound = (
  audio: string | undefined,
  vad: string,
  size: number,
): Promise<(Stretch & { readonly name: string })[]> =>
  divideManifest(
    utterancesPath(vad),
    audio === undefined ? [] : [{ path: indexPath(samplesFolder(audio)), by: 'recording' }],
    size,
  );

/** How many utterances a vad folder has, without parsing them. */
export async function countUtterances(vad: string): Promise<number> {
  let count = 0;
  for await (const line of readLines(utterancesPath(vad))) count += line.trim() === '' ? 0 : 1;
  return count;
}
