// The unpaired text read aloud by the synthesiser, as the recordings could sound: frames and frame labels in two shard
// folders. Uses sentences of the text alone, and of the recordings what is no speech; no
// transcript of a human voice comes near.
import { Resampler } from '../audio/resample.js';
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import type { Rng } from '../core/rng.js';
import { sampleRate } from '../core/time.js';
import { writeWholeOnce } from '../core/whole-folder.js';
import { createEspeak, UnspokenError, type Espeak } from '../espeak/espeak.js';
import type { EspeakVoice, Speech } from '../espeak/speech.js';
import type { IpaRules } from '../text/ipa.js';
import type { VadConfig } from '../vad/config.js';
import { detectSpeech } from '../vad/energy.js';
import { spansOf } from './alignment.js';
import type { Background } from './background.js';
import type { BootstrapSettings } from './settings.js';
import { SpeechWriter, togetherSamples, type SpeechFront } from './speech-writer.js';
import { layOut, type Chunk, type SpokenUtterance } from './spoken.js';
import { drawVoice } from './voices.js';

export interface SynthesisOptions extends SpeechFront {
  /** Sentences of words. */
  readonly sentences: readonly string[];
  readonly language: string;
  /** Symbols by label; silence is the last. */
  readonly phones: readonly string[];
  readonly rules: IpaRules;
  readonly vad: VadConfig;
  readonly background: Background | undefined;
  readonly config: BootstrapSettings['speech'];
  readonly rng: Rng;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/**
 * Fills the folder, unless it is filled: a voice after the other, each with a fresh synthesiser, sentences drawn anew.
 * @throws AsrError 'dependency' without eSpeak NG, 'config' for an unknown language,
 * 'input' when nothing could be spoken
 */
export const synthesiseSpeech = (folder: string, options: SynthesisOptions): Promise<void> =>
  writeWholeOnce(folder, (partial) => synthesise(partial, options));

async function synthesise(folder: string, options: SynthesisOptions): Promise<void> {
  const { config, rng, log, language, signal } = options;
  await using writer = await SpeechWriter.create(folder, options);
  const wanted = config.hours * 3600 * sampleRate;
  const progress = startProgress(log, 'speaking', Math.round(wanted / sampleRate), 'seconds of speech');
  try {
    let samples = 0;
    for (let v = 0; v < config.voices; v++) {
      const { voice, variant } = drawVoice(language, `drawn${v}`, config, rng.fork('voice').fork(v));
      const espeak = await createEspeak(variant ? { [variant.name]: variant.content } : {});
      const stream = rng.fork('sentences').fork(v);
      let said: [string, SpokenUtterance][] = [];
      let held = 0;
      for (let n = 0; samples < (wanted * (v + 1)) / config.voices; n++) {
        signal?.throwIfAborted();
        if (n > 100 && samples === 0)
          throw new AsrError(
            'input',
            'bootstrap: the synthesiser speaks none of the sentences',
            'Check the text, and learn.bootstrap.language.',
          );
        const spoken = speak(espeak, drawSentence(options.sentences, config.shuffled, stream), voice, options, stream);
        if (!spoken) continue;
        said.push([`${v}-${n}`, spoken]);
        samples += spoken.samples.length;
        held += spoken.samples.length;
        progress.update(Math.round(samples / sampleRate), voice.name);
        if (held < togetherSamples) continue;
        await writer.writeVoice(said);
        [said, held] = [[], 0];
      }
      await writer.writeVoice(said);
      espeak.dispose();
    }
  } finally {
    progress.finish();
  }
  await writer.finish();
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

/** In breaths of some words where there is a background for the pauses between them, else in one. */
function speak(
  espeak: Espeak,
  sentence: string,
  voice: EspeakVoice,
  options: SynthesisOptions,
  rng: Rng,
): SpokenUtterance | undefined {
  const { phones, background, config } = options;
  const chunks = (background ? breaths(sentence, config.chunk, rng) : [sentence]).flatMap((words) => {
    const chunk = speakChunk(espeak, words, voice, options);
    return !chunk || chunk.regions.length === 0 ? [] : [chunk];
  });
  if (chunks.length === 0) return undefined;
  return layOut(chunks, phones.length - 1, background, config, rng);
}

/** Words in groups of random sizes; what would be left over alone stays with the last. */
export function breaths(sentence: string, [fewest, most]: readonly [number, number], rng: Rng): string[] {
  const words = sentence.split(' ');
  const groups: string[] = [];
  for (let from = 0; from < words.length;) {
    const size = fewest + rng.integer(Math.max(1, most - fewest + 1));
    const end = words.length - from - size < fewest ? words.length : from + size;
    groups.push(words.slice(from, end).join(' '));
    from = end;
  }
  return groups;
}

/** @returns undefined for words that eSpeak does not come back from */
function speakChunk(
  espeak: Espeak,
  words: string,
  voice: EspeakVoice,
  { phones, rules, vad }: SynthesisOptions,
): Chunk | undefined {
  let speech: Speech;
  try {
    speech = espeak.synthesise(words, voice);
  } catch (error) {
    if (error instanceof UnspokenError) return undefined;
    throw error;
  }
  const resampler = new Resampler(speech.sampleRate);
  const samples = Float32Array.from([...resampler.push(Float64Array.from(speech.samples)), ...resampler.finish()]);
  const silence = phones.length - 1;
  return {
    samples,
    // By loudness, whatever finds speech in the recordings: a synthesiser makes no noise beside it.
    regions: detectSpeech(samples, { method: 'energy', energy: vad.energy }),
    spans: spansOf(
      { ...speech, seconds: speech.samples.length / speech.sampleRate },
      { labels: new Map(phones.slice(0, silence).map((phone, i) => [phone, i])), silence, rules },
    ),
  };
}
