// The demo's corpus: original Spanish sentences, a part of them spoken by eSpeak NG in six voices, the rest
// kept as the unpaired text. Writes audio/, audio.tsv, text.txt and, for scoring alone, references.txt.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { startProgress } from '../../src/core/progress.js';
import type { Rng } from '../../src/core/rng.js';
import { defineStage } from '../../src/core/stage.js';
import { WorkerPool } from '../../src/core/worker-pool.js';
import type { EspeakVoice } from '../../src/espeak/speech.js';
import { jobsThatFit } from '../../src/executor/local.js';
import { recipeFile } from '../../src/recipe/locate.js';
import { speakLines, type Line, type Spoken } from './speak.js';

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
  sentences: z.string().default('').describe("one sentence a line; empty: the recipe's own"),
});

const maxSpeechShare = 0.5;

export const prepareStage = defineStage({
  name: 'corpus',
  version: 2,
  reads: [],
  config,
  external: (settings) => [sentencesOf(settings)],
  async run({ config: settings, out, rng, log, signal }) {
    const lines = (await readFile(sentencesOf(settings), 'utf8'))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    rng.fork('order').shuffleInPlace(lines);
    await mkdir(join(out, 'audio'), { recursive: true });
    const table = ['id\tpath\tspeaker\tsplit'];
    const references: string[] = [];
    const progress = startProgress(log, 'synthesising', Math.round(settings.minutes * 60), 'seconds of speech');
    let seconds = 0;
    let spoken = 0;
    const voices = lines.slice(0, Math.floor(lines.length * maxSpeechShare)).map((text, number): Line => {
      const speaker = settings.voices[number % settings.voices.length] as string;
      return { text, voice: drawVoice(rng.fork(idOf(number)), speaker, settings) };
    });
    for await (const { wav, seconds: own } of speakInTurn(voices, signal)) {
      signal?.throwIfAborted();
      const id = idOf(spoken);
      const { text, voice } = voices[spoken]!;
      await writeFile(join(out, 'audio', `${id}.wav`), wav);
      const split = rng.fork(id).fork('split').uniform() < settings.testShare ? 'test' : 'train';
      table.push([id, `audio/${id}.wav`, voice.name, split].join('\t'));
      references.push(`${id} ${text}`);
      spoken++;
      seconds += own;
      progress.update(Math.round(seconds));
      if (seconds >= settings.minutes * 60) break;
    }
    progress.finish();
    await writeFile(join(out, 'audio.tsv'), `${table.join('\n')}\n`);
    await writeFile(join(out, 'text.txt'), `${lines.slice(spoken).join('\n')}\n`);
    await writeFile(join(out, 'references.txt'), `${references.join('\n')}\n`);
    return { recordings: spoken, 'seconds of speech': Math.round(seconds), 'sentences of text': lines.length - spoken };
  },
});

/** No path in the settings themselves: a run folder that moved to another machine is still up to date. */
function sentencesOf(settings: z.infer<typeof config>): string {
  return settings.sentences === '' ? recipeFile('demo-es', 'sentences.txt') : settings.sentences;
}

function drawVoice(rng: Rng, name: string, settings: z.infer<typeof config>): EspeakVoice {
  const between = ([low, high]: readonly [number, number]): number => Math.round(low + (high - low) * rng.uniform());
  return { name, rate: between(settings.rate), pitch: between(settings.pitch) };
}

const idOf = (number: number): string => `es-${String(number).padStart(4, '0')}`;

/** Lines that one synthesiser speaks: always the same, so that speech does not depend on the number of threads. */
const linesInStretch = 60;

/** Speech of the lines in their order, on as many threads as there are cores; no further ahead than they are busy. */
async function* speakInTurn(lines: readonly Line[], signal: AbortSignal | undefined): AsyncGenerator<Spoken> {
  const threads = jobsThatFit({ jobs: 0, memoryMiB: 300 });
  const pool =
    threads > 1
      ? await WorkerPool.open<undefined, readonly Line[], never, Spoken[]>({
          script: new URL('./speak-worker.js', import.meta.url),
          data: undefined,
          size: threads,
          name: 'the synthesiser',
          hint: 'Perhaps memory ran out: close other programs.',
        })
      : undefined;
  const begin = (from: number): Promise<Spoken[]> => {
    const stretch = lines.slice(from, from + linesInStretch);
    return pool ? pool.run(stretch, { signal }) : speakLines(stretch, signal);
  };
  const ahead: Promise<Spoken[]>[] = [];
  let next = 0;
  try {
    for (let from = 0; from < lines.length; from += linesInStretch) {
      for (; ahead.length < threads && next < lines.length; next += linesInStretch) {
        const begun = begin(next);
        begun.catch(() => undefined); // told where it is awaited, if it is
        ahead.push(begun);
      }
      yield* await ahead.shift()!;
    }
  } finally {
    await pool?.dispose();
  }
}
