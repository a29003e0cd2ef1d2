// Labelled utterances into a folder that training reads: frames as the recordings have them, a label for each frame,
// and how many phones were said.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../core/jsonl.js';
import type { Region } from '../core/records.js';
import { ShardWriter } from '../core/shard-writer.js';
import { sampleRate } from '../core/time.js';
import type { FeaturesConfig } from '../features/config.js';
import type { FeatureExtractor, FrameRows } from '../features/extractor.js';
import { normaliseTogetherInPlace } from '../features/normalise.js';
import type { Reduction } from '../features/reduction.js';
import { frameLabels } from './alignment.js';
import type { SpokenUtterance } from './spoken.js';

export interface SpeechFront {
  readonly extractor: FeatureExtractor;
  /** As for the recordings: a voice counts as a speaker. */
  readonly normalise: FeaturesConfig['normalise'];
  /** As for the recordings, where theirs are reduced. */
  readonly reduction?: Reduction | undefined;
}

export const speechFolders = { frames: 'frames', labels: 'labels' } as const;
const countsFile = 'phones.json';

/** Phones that were said, by utterance; equal neighbours count once. */
export const readSpokenPhones = (folder: string): Promise<Record<string, number>> =>
  readJson(join(folder, countsFile), z.record(z.string(), z.number()));

/** A voice is normalised over at most so much of what it says, which is held in memory. */
export const togetherSamples = 300 * sampleRate;

export class SpeechWriter {
  readonly #phones: Record<string, number> = {};

  private constructor(
    private readonly folder: string,
    private readonly front: SpeechFront,
    private readonly frames: ShardWriter,
    private readonly labels: ShardWriter,
  ) {}

  static async create(folder: string, front: SpeechFront): Promise<SpeechWriter> {
    await mkdir(folder, { recursive: true });
    return new SpeechWriter(
      folder,
      front,
      await ShardWriter.create(join(folder, speechFolders.frames), {
        columns: front.reduction?.components ?? front.extractor.dim,
        type: 'float16',
      }),
      await ShardWriter.create(join(folder, speechFolders.labels), { columns: 1, type: 'int16' }),
    );
  }

  /** Frames of what one voice said, normalised as those of a speaker. */
  async writeVoice(said: readonly (readonly [string, SpokenUtterance])[]): Promise<void> {
    const { extractor, normalise, reduction } = this.front;
    const sounds = said.map(([, { samples }]) => samples);
    const found: FrameRows[] = [];
    if (extractor.extractMany)
      for (const one of await extractor.extractMany(sounds)) {
        if (one instanceof Error) throw one;
        found.push(one);
      }
    else for (const sound of sounds) found.push(await extractor.extract(sound));
    normaliseTogetherInPlace(found, extractor.dim, normalise);
    for (const [i, [id, { samples, spans, phones: count }]] of said.entries()) {
      const { data, rows } = found[i]!;
      if (rows === 0) continue;
      await this.frames.append(id, reduction ? await reduction.apply(data, rows) : data);
      await this.labels.append(id, frameLabels(spans, rows, extractor, [[0, samples.length] as Region]));
      this.#phones[id] = count;
    }
  }

  async finish(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await writeFile(join(this.folder, countsFile), JSON.stringify(this.#phones));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.frames.close();
    await this.labels.close();
  }
}
