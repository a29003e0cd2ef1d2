// The text of a run read aloud by a synthesiser, as the bootstrap learns from it: what
// is spoken, how much, in which voice.
import { join } from 'node:path';
import { readBackground } from '../bootstrap/background.js';
import type { BootstrapSettings } from '../bootstrap/settings.js';
import { synthesiseSpeech } from '../bootstrap/synthesise.js';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { sampleRate } from '../core/records.js';
import { readStageRecord } from '../core/stage-run.js';
import { createExtractor } from '../features/extractor.js';
import { createReduction, readReduction, reductionFolder } from '../features/reduction.js';
import type { FeaturesInfo } from '../features/folder.js';
import type { TextConfig } from '../text/config.js';
import { textPath } from '../text/folder.js';
import { readTextConfig } from '../text/stage.js';
import { vadConfig } from '../vad/config.js';
import type { LearnIo } from './method.js';

/**
 * Hours of synthetic speech that nothing is learned from, for the length: about 150 utterances, in voices of their own.
 */
const heldOut = { hours: 0.15, voices: 8, share: 0.25 };

export async function speakText(
  io: LearnIo,
  seed: number,
  info: FeaturesInfo,
  { speech }: BootstrapSettings,
): Promise<void> {
  const { folders, corpus, log } = io;
  const text = await readTextConfig(folders.text);
  const language = languageOf(text, io.config.bootstrap.language);
  const sentences: string[] = [];
  for await (const line of readLines(textPath(folders.text, 'words')))
    if (line.trim() !== '') sentences.push(line.trim());
  const rng = io.rng.fork(`bootstrap ${seed}`);
  const background = speech.background
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
  const folder = join(io.out, 'checkpoints', `bootstrap-${seed}`);
  const options = {
    sentences,
    language,
    phones: corpus.phones,
    rules: text,
    extractor,
    normalise: info.config.normalise,
    reduction,
    vad: vadConfig.parse((await readStageRecord(folders.vad))?.config ?? {}),
    background: background && background.stretches.length > 0 ? background : undefined,
    log,
    ...(io.signal ? { signal: io.signal } : {}),
  };
  try {
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
  } finally {
    await extractor.dispose();
    await reduction?.dispose();
  }
}

/** @throws AsrError 'config' when the text's phones are not those of a synthesiser */
function languageOf({ unit, pronunciation, language }: TextConfig, own: string): string {
  if (unit !== 'words' || pronunciation !== 'espeak') {
    throw new AsrError(
      'config',
      `learn.method=bootstrap needs a text of words that eSpeak NG pronounces, found text.unit=${unit}, ` +
        `text.pronunciation=${pronunciation}`,
      'The synthesiser names the sounds that it makes in its own symbols. ' +
        'Use learn.method=matching for other phone sets.',
    );
  }
  return own || language;
}
