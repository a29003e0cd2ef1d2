// Mixtures of one voice after another, made of corpora at hand and thrown away afterwards, and how well turns are
// found in them: diarisation error rate against the times of the corpus.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeToGrid } from '../src/audio/decode.js';
import type { Region } from '../src/core/records.js';
import { Rng } from '../src/core/rng.js';
import { sampleRate } from '../src/core/time.js';
import type { SpokenTurn } from './diarisation-error.js';
import { detectSpeech } from '../src/vad/energy.js';
import { vadConfig } from '../src/vad/config.js';

/** A sentence of somebody: where its sound is, and where in it somebody speaks (samples). */
export interface Sentence {
  readonly path: string;
  readonly speaker: string;
  /** Undefined: as the energy detector says. */
  readonly speech: readonly Region[] | undefined;
}

export interface Mixture {
  readonly samples: Int16Array;
  readonly turns: readonly SpokenTurn[];
}

/** Pauses inside of speech that are shorter count as speech, in seconds. */
const inWord = 0.3;
const between = 0.4;

/** @param corpus folder of Mboshi: utterances.tsv with times of phones */
export async function mboshiSentences(corpus: string): Promise<Sentence[]> {
  const [, ...lines] = (await readFile(join(corpus, 'utterances.tsv'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const [id = '', speaker = '', , , , times = ''] = line.split('\t');
    const spoken = times.split(' ').flatMap((entry): Region[] => {
      const [phone, start, end] = entry.split(':');
      return phone === 'SIL' ? [] : [[Number(start) * sampleRate, Number(end) * sampleRate] as Region];
    });
    return { path: join(corpus, 'audio', `${id}.opus`), speaker, speech: joined(spoken) };
  });
}

/** @param corpus folder of Kerstin: metadata.csv with a file a line */
export async function kerstinSentences(corpus: string): Promise<Sentence[]> {
  const lines = (await readFile(join(corpus, 'metadata.csv'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const [file = ''] = line.split('|');
    return {
      path: join(corpus, 'audio', /\.\w+$/u.test(file) ? file : `${file}.opus`),
      speaker: 'kerstin',
      speech: undefined,
    };
  });
}

function joined(regions: readonly Region[]): Region[] {
  const all: Region[] = [];
  for (const [start, end] of regions) {
    const last = all.at(-1);
    if (last && start - last[1] < inWord * sampleRate) last[1] = end;
    else all.push([start, end]);
  }
  return all;
}

/**
 * One to four sentences of one, then another where there are several, never the same sentence twice, until it is long
 * enough or nothing is left.
 */
export async function makeMixture(sentences: readonly Sentence[], seconds: number, seed: string): Promise<Mixture> {
  const rng = Rng.fromSeed(0).fork(seed);
  const people = [...new Set(sentences.map(({ speaker }) => speaker))].sort();
  const own = new Map(people.map((name) => [name, sentences.filter(({ speaker }) => speaker === name)]));
  const parts: Int16Array[] = [];
  const turns: SpokenTurn[] = [];
  let length = 0;
  let last = '';
  while (length < seconds * sampleRate) {
    // Who has nothing left to say is out; a corpus that is too small gives a shorter mixture.
    const able = people.filter((name) => own.get(name)!.length > 0);
    const others = able.some((name) => name !== last) ? able.filter((name) => name !== last) : able;
    if (others.length === 0) break;
    last = others[rng.integer(others.length)]!;
    for (let left = 1 + rng.integer(4); left > 0; left--) {
      const choice = own.get(last)!;
      const [sentence] = choice.splice(rng.integer(choice.length), 1);
      if (!sentence) break;
      const { samples } = await decodeToGrid(sentence.path);
      const speech = sentence.speech ?? joined(detectSpeech(samples, vadConfig.parse({})));
      for (const [start, end] of speech)
        turns.push({
          start: (length + start) / sampleRate,
          end: (length + Math.min(end, samples.length)) / sampleRate,
          speaker: last,
        });
      const pause = new Int16Array(Math.round(between * sampleRate));
      parts.push(samples, pause);
      length += samples.length + pause.length;
    }
  }
  const samples = new Int16Array(length);
  parts.reduce((at, part) => (samples.set(part, at), at + part.length), 0);
  return { samples, turns };
}
