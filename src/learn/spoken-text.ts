// The text of a run read aloud by eSpeak NG, as the bootstrap learns from it: what is spoken, how much, in which voice.
import { join } from 'node:path';
import { readBackground, type Background } from '../bootstrap/background.js';
import type { BootstrapSettings } from '../bootstrap/settings.js';
import type { SpeechSource } from '../bootstrap/speech-sources.js';
import type { SpeechFront } from '../bootstrap/speech-writer.js';
import { synthesiseSpeech } from '../bootstrap/synthesise.js';
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import { readStageRecord } from '../core/stage-run.js';
import { sampleRate } from '../core/time.js';
import { createExtractor } from '../features/extractor.js';
import { createReduction, readReduction, reductionFolder } from '../features/reduction.js';
import type { FeaturesInfo } from '../features/folder.js';
import type { TextConfig } from '../text/config.js';
import { readSentences } from '../text/folder.js';
import { readTextConfig } from '../text/stage.js';
import { vadConfig, type VadConfig } from '../vad/config.js';
import type { LearnIo } from './method.js';

/**
 * Hours of synthetic speech that nothing is learned from, for the length: about 150 utterances, in voices of their own.
 */
const heldOut = { hours: 0.15, voices: 8, share: 0.25 };

/** What every source is made with. */
export interface SourceMaterial extends SpeechFront {
  readonly text: TextConfig;
  /** Sentences of words; none of a text of phones. */
  readonly sentences: readonly string[];
  readonly vad: VadConfig;
  /** None where no source is a synthesiser, or nothing was rejected in the recordings. */
  readonly background: Background | undefined;
  dispose(): Promise<void>;
}

/** @throws AsrError 'config' when a source cannot speak the phones of the text */
export async function openReading(
  io: LearnIo,
  info: FeaturesInfo,
  speech: BootstrapSettings['speech'],
  sources: readonly SpeechSource[],
  rng: Rng,
): Promise<SourceMaterial> {
  const { folders, log } = io;
  const text = await readTextConfig(folders.text);
  const kinds = new Set(sources.map(({ kind }) => kind));
  if (kinds.has('espeak')) refuseOtherPhones(text);
  const sentences: string[] = [];
  if (text.unit === 'words')
    for await (const { line } of readSentences(folders.text, 'words', { phones: io.config.fitPhones, rng: io.rng }))
      sentences.push(line.trim());
  const background =
    speech.background && (kinds.has('espeak') || kinds.has('command'))
      ? await readBackground(folders.audio, folders.vad, rng.fork('background'))
      : undefined;
  if (background)
    log.info(
      `background: ${(background.stretches.reduce((sum, { length }) => sum + length, 0) / sampleRate).toFixed(0)} ` +
        `s of ${background.stretches.length} stretches without speech`,
    );
  const extractor = await createExtractor(info.config, io.compute, io.data);
  const reduction = info.reduction
    ? createReduction(await readReduction(join(folders.features, reductionFolder)), io.compute)
    : undefined;
  return {
    text,
    sentences,
    extractor,
    normalise: info.config.normalise,
    reduction,
    vad: vadConfig.parse((await readStageRecord(folders.vad))?.config ?? {}),
    background: background && background.stretches.length > 0 ? background : undefined,
    async dispose() {
      await extractor.dispose();
      await reduction?.dispose();
    },
  };
}

/** eSpeak NG's speech into `speech` and, for the length, `held-out`. */
export async function readAloud(
  io: LearnIo,
  folder: string,
  reading: SourceMaterial,
  speech: BootstrapSettings['speech'],
  rng: Rng,
): Promise<void> {
  const { text, sentences, extractor, normalise, reduction, vad, background } = reading;
  const options = {
    ...{ sentences, phones: io.corpus.phones, rules: text, extractor, normalise, reduction, vad, background },
    language: io.config.bootstrap.language || text.language,
    log: io.log,
    ...(io.signal ? { signal: io.signal } : {}),
  };
  await synthesiseSpeech(join(folder, 'speech'), { ...options, config: speech, rng: rng.fork('speech') });
  await synthesiseSpeech(join(folder, 'held-out'), {
    ...options,
    config: {
      ...speech,
      hours: Math.min(heldOut.hours, heldOut.share * speech.hours),
      voices: Math.min(heldOut.voices, speech.voices),
    },
    rng: rng.fork('held out'),
  });
}

function refuseOtherPhones({ unit, pronunciation }: TextConfig): void {
  if (unit === 'words' && pronunciation === 'espeak') return;
  throw new AsrError(
    'config',
    `learn.method=bootstrap needs a text of words that eSpeak NG pronounces, found text.unit=${unit}, ` +
      `text.pronunciation=${pronunciation}`,
    'The synthesiser names the sounds that it makes in its own symbols. ' +
      'Use learn.method=matching for other phone sets, or list sources without espeak (docs/bootstrap.md).',
  );
}
