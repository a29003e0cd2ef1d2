// The unpaired text read aloud by the synthesiser: log-mel frames and frame labels in two shard folders.
// Uses sentences of the text alone; no recording and no transcript of a human voice comes near.
import { rename, rm, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Resampler } from '../audio/resample.js';
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import { sampleRate } from '../core/records.js';
import type { Rng } from '../core/rng.js';
import { ShardWriter } from '../core/shards.js';
import { createEspeak, type Espeak, type EspeakVoice } from '../espeak/espeak.js';
import type { FeatureExtractor } from '../features/extractor.js';
import type { IpaRules } from '../text/ipa.js';
import type { VadConfig } from '../vad/config.js';
import { detectSpeech } from '../vad/energy.js';
import { keepRegions } from '../vad/regions.js';
import { frameLabels, spansOf } from './alignment.js';
import type { BootstrapConfig } from './config.js';
import { drawVoice } from './voices.js';

export interface SynthesisOptions {
  /** Sentences of words. */
  readonly sentences: readonly string[];
  readonly language: string;
  /** Symbols by label; silence is the last. */
  readonly phones: readonly string[];
  readonly rules: IpaRules;
  readonly extractor: FeatureExtractor;
  readonly vad: VadConfig;
  readonly config: BootstrapConfig['speech'];
  readonly rng: Rng;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

export const speechFolders = { frames: 'frames', labels: 'labels' } as const;

/**
 * Fills the folder, unless it is filled: a voice after the other, each with a fresh synthesiser, sentences drawn anew.
 * @throws AsrError 'dependency' without eSpeak NG, 'config' for an unknown language, 'input' when nothing could be spoken
 */
export async function synthesiseSpeech(folder: string, options: SynthesisOptions): Promise<void> {
  if (existsSync(folder)) return;
  const { config, rng, log, language, extractor, signal } = options;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const frames = await ShardWriter.create(join(partial, speechFolders.frames), {
    columns: extractor.dim,
    type: 'float16',
  });
  const labels = await ShardWriter.create(join(partial, speechFolders.labels), { columns: 1, type: 'int16' });
  const wanted = config.hours * 3600;
  const progress = startProgress(log, 'speaking', Math.round(wanted), 'seconds of speech');
  const secondsPerRow = extractor.hop / sampleRate;
  try {
    for (let v = 0; v < config.voices; v++) {
      const { voice, variant } = drawVoice(language, `drawn${v}`, config, rng.fork('voice').fork(v));
      const espeak = await createEspeak(variant ? { [variant.name]: variant.content } : {});
      const stream = rng.fork('sentences').fork(v);
      for (let n = 0; frames.rows * secondsPerRow < (wanted * (v + 1)) / config.voices; n++) {
        signal?.throwIfAborted();
        if (n > 100 && frames.rows === 0)
          throw new AsrError(
            'input',
            'bootstrap: the synthesiser speaks none of the sentences',
            'Check the text, and learn.bootstrap.language.',
          );
        const spoken = await speak(espeak, drawSentence(options.sentences, config.shuffled, stream), voice, options);
        if (!spoken) continue;
        const id = `${v}-${n}`;
        await frames.append(id, spoken.frames);
        await labels.append(id, spoken.labels);
        progress.update(Math.round(frames.rows * secondsPerRow), voice.name);
      }
    }
  } finally {
    progress.finish();
    await frames.close();
    await labels.close();
  }
  await rename(partial, folder);
}

/** A sentence of the text, or as many words of it all in random order. */
function drawSentence(sentences: readonly string[], shuffled: number, rng: Rng): string {
  const sentence = rng.choice(sentences);
  if (rng.uniform() >= shuffled) return sentence;
  return sentence
    .split(' ')
    .map(() => rng.choice(rng.choice(sentences).split(' ')))
    .join(' ');
}

async function speak(
  espeak: Espeak,
  sentence: string,
  voice: EspeakVoice,
  { phones, rules, extractor, vad }: SynthesisOptions,
): Promise<{ frames: Float32Array; labels: Int16Array } | undefined> {
  const speech = espeak.synthesise(sentence, voice);
  const resampler = new Resampler(speech.sampleRate);
  const samples = Float32Array.from([...resampler.push(Float64Array.from(speech.samples)), ...resampler.finish()]);
  // By loudness, whatever finds speech in the recordings: a synthesiser makes no noise beside it.
  const regions = detectSpeech(samples, vad);
  const { data, rows } = await extractor.extract(keepRegions(samples, regions));
  if (rows === 0) return undefined;
  const silence = phones.length - 1;
  const spans = spansOf(
    speech.phones,
    speech.sampleRate,
    speech.samples.length / speech.sampleRate,
    new Map(phones.slice(0, silence).map((phone, i) => [phone, i])),
    silence,
    rules,
  );
  return { frames: data, labels: frameLabels(spans, rows, extractor, regions) };
}
