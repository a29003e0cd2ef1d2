// The demo's corpus: original Spanish sentences, a part of them spoken by eSpeak NG in six voices, the rest
// kept as the unpaired text. Writes audio/, audio.tsv, text.txt and, for scoring alone, references.txt.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import wavefile from 'wavefile';
import { z } from 'zod';
import { startProgress } from '../../src/core/progress.js';
import type { Rng } from '../../src/core/rng.js';
import { defineStage } from '../../src/core/stage.js';
import { loadEspeak, type Espeak, type EspeakVoice } from '../../src/espeak/espeak.js';
import { recipeFile } from '../../src/recipe/locate.js';

const wordsPerMinute = z.number().min(20).max(1000);
const config = z.object({
  minutes: z.number().positive().max(10_000).default(50).describe('minutes of speech to synthesise'),
  testShare: z.number().min(0).max(0.5).default(0.1).describe('share of the spoken sentences that is never trained on'),
  voices: z
    .array(z.string())
    .min(1)
    .default(['es', 'es+f1', 'es+f4', 'es+m2', 'es+m3', 'es+m7'])
    .describe(
      'eSpeak NG voices, in turn; f2, f3, f5 and whisper draw their breath noise from the clock, so runs would differ',
    ),
  rate: z
    .tuple([wordsPerMinute, wordsPerMinute])
    .default([150, 180])
    .describe('slowest and fastest reading, words per minute'),
  pitch: z
    .tuple([z.number().min(0).max(99), z.number().min(0).max(99)])
    .default([35, 65])
    .describe('lowest and highest pitch setting'),
  sentences: z.string().default(recipeFile('demo-es', 'sentences.txt')).describe('one sentence a line'),
});

const maxSpeechShare = 0.5;

export const prepareStage = defineStage({
  name: 'corpus',
  version: 1,
  reads: [],
  config,
  external: (settings) => [settings.sentences],
  async run({ config: settings, out, rng, log }) {
    const lines = (await readFile(settings.sentences, 'utf8'))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    rng.fork('order').shuffleInPlace(lines);
    await mkdir(join(out, 'audio'), { recursive: true });
    const espeak = await loadEspeak();
    const table = ['id\tpath\tspeaker\tsplit'];
    const references: string[] = [];
    const progress = startProgress(log, 'synthesising', Math.round(settings.minutes * 60), 'seconds of speech');
    let seconds = 0;
    let spoken = 0;
    for (; seconds < settings.minutes * 60 && spoken < lines.length * maxSpeechShare; spoken++) {
      const id = `es-${String(spoken).padStart(4, '0')}`;
      const line = lines[spoken] as string;
      const speaker = settings.voices[spoken % settings.voices.length] as string;
      const speech = speak(espeak, line, drawVoice(rng.fork(id), speaker, settings));
      await writeFile(join(out, 'audio', `${id}.wav`), speech.wav);
      const split = rng.fork(id).fork('split').uniform() < settings.testShare ? 'test' : 'train';
      table.push([id, `audio/${id}.wav`, speaker, split].join('\t'));
      references.push(`${id} ${line}`);
      seconds += speech.seconds;
      progress.update(Math.round(seconds));
    }
    progress.finish();
    await writeFile(join(out, 'audio.tsv'), `${table.join('\n')}\n`);
    await writeFile(join(out, 'text.txt'), `${lines.slice(spoken).join('\n')}\n`);
    await writeFile(join(out, 'references.txt'), `${references.join('\n')}\n`);
    return { recordings: spoken, 'seconds of speech': Math.round(seconds), 'sentences of text': lines.length - spoken };
  },
});

function drawVoice(rng: Rng, name: string, settings: z.infer<typeof config>): EspeakVoice {
  const between = ([low, high]: readonly [number, number]): number => Math.round(low + (high - low) * rng.uniform());
  return { name, rate: between(settings.rate), pitch: between(settings.pitch) };
}

function speak(espeak: Espeak, text: string, voice: EspeakVoice): { wav: Uint8Array; seconds: number } {
  const { samples, sampleRate } = espeak.synthesise(text, voice);
  const wav = new wavefile.WaveFile();
  wav.fromScratch(
    1,
    sampleRate,
    '16',
    Int16Array.from(samples, (value) => Math.round(value * 32767)),
  );
  return { wav: wav.toBuffer(), seconds: samples.length / sampleRate };
}
