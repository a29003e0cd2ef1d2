// Recordings by which the number of speakers was calibrated: one voice in one session, sped up or slowed down, over
// many days, of the synthesiser; and mixtures of two to five of them. Every other one of a kind is kept apart.
import { readFile } from 'node:fs/promises';
import { decodeToGrid } from '../src/audio/decode.js';
import { toGrid } from '../src/audio/mono.js';
import { Resampler } from '../src/audio/resample.js';
import type { Region } from '../src/core/records.js';
import { Rng } from '../src/core/rng.js';
import { sampleRate } from '../src/core/time.js';
import type { Espeak } from '../src/espeak/espeak.js';
import { vadConfig } from '../src/vad/config.js';
import { detectSpeech } from '../src/vad/energy.js';
import type { Mixture, Sentence } from './speakers.js';

/** A voice: the beginning of a session's name, `*speed` behind it where it is changed; or `espeak:voice`. */
type Voice = string;

export interface Case {
  readonly kind: string;
  readonly voices: readonly Voice[];
  readonly seconds: number;
  readonly id: number;
  /** Whether it chose the settings; the others were counted. */
  readonly calibrates: boolean;
}

/** Of each session every so many-th sentence, so many in all. */
const perSession: Readonly<Record<string, number>> = { kerstin: 260, abiayi: 70, martial: 110, kouarata: 90 };
const pause = 0.4 * sampleRate;
const synthetic = ['en-us', 'en-us+f2', 'de+m3', 'es+f4', 'fr', 'en-gb+m7', 'it+f3', 'sv'].map(
  (name) => `espeak:${name}`,
);

/** The name of a session of Mboshi is speaker and time; Kerstin has one. */
const sessionOf = ({ path }: Sentence): string => /\/([a-z]+_\d[\d-]+)_[^/]*$/u.exec(path)?.[1] ?? 'kerstin';

/** Sessions of more than 40 sentences, every third of abiayi's, thinned out. */
export function sessions(sentences: readonly Sentence[]): Map<string, Sentence[]> {
  const all = new Map<string, Sentence[]>();
  for (const sentence of sentences) {
    const own = all.get(sessionOf(sentence)) ?? [];
    own.push(sentence);
    all.set(sessionOf(sentence), own);
  }
  let seen = 0;
  return new Map(
    [...all]
      .filter(([, own]) => own.length > 40)
      .filter(([name]) => !name.startsWith('abiayi') || seen++ % 3 === 0)
      .map(([name, own]) => {
        const wanted = perSession[own[0]!.speaker] ?? 90;
        const step = Math.max(1, Math.floor(own.length / wanted));
        return [name, own.filter((_, i) => i % step === 0 && i < wanted * step)];
      }),
  );
}

/** @param names of sessions */
export function cases(names: readonly string[]): Case[] {
  const of = (who: string): string[] => names.filter((name) => name.startsWith(who));
  const [abiayi, kouarata, martial] = [of('abiayi'), of('kouarata'), of('martial')];
  const list: { kind: string; voices: string[]; seconds: number }[] = [];
  const add = (kind: string, ...voices: string[]): void => {
    for (const seconds of [300, 90]) list.push({ kind, voices, seconds });
  };
  for (const name of [...abiayi, ...kouarata, ...martial, 'kerstin', 'kerstin']) add('one session', name);
  const sped = ['kerstin*0.86', 'kerstin*1.16', `${abiayi[1]}*0.86`, `${abiayi[3]}*1.18`];
  for (const name of [...sped, `${kouarata[1]}*1.15`, `${kouarata[5]}*0.88`]) add('one, sped', name);
  const long = ['abiayi', 'abiayi', 'kouarata', 'kouarata', 'kouarata_2015', 'kouarata_2016', 'martial', 'martial'];
  for (const name of long) add('one, many days', name);
  for (const name of synthetic) add('one of eSpeak', name);
  const rng = Rng.fromSeed(99);
  const any = (from: readonly string[]): string => from[rng.integer(from.length)]!;
  for (let i = 0; i < 4; i++) {
    add('two', any(abiayi), any(kouarata));
    add('two', any(kouarata), any(martial));
    add('two', any(abiayi), any(martial));
    add('two', any([...abiayi, ...kouarata, ...martial]), 'kerstin');
    add('three', any(abiayi), any(kouarata), any(martial));
    add('three', any(abiayi), any(kouarata), 'kerstin');
    add('four', any(abiayi), any(kouarata), any(martial), 'kerstin');
    const four = [any(abiayi), any(kouarata), any(martial), 'kerstin'];
    add('five, one sped', ...four, i % 2 === 1 ? 'kerstin*0.84' : `${any(abiayi)}*1.2`);
    add('two, sped', `${any(abiayi)}*1.12`, 'kerstin*0.9');
    add('three, many days', 'abiayi', 'kouarata', 'kerstin');
    add('two, many days', 'abiayi', 'martial');
    add('two of eSpeak', synthetic[i]!, synthetic[(i + 3) % 8]!);
    add('three of eSpeak', synthetic[i]!, synthetic[(i + 2) % 8]!, synthetic[(i + 5) % 8]!);
  }
  const counts = new Map<string, number>();
  return list.map((entry, id) => {
    const key = `${entry.kind} ${entry.seconds}`;
    const seen = counts.get(key) ?? 0;
    counts.set(key, seen + 1);
    return { ...entry, id, calibrates: seen % 2 === 0 };
  });
}

interface Spoken {
  readonly samples: Int16Array;
  readonly speech: readonly Region[];
}

function resampled(samples: Float32Array | Int16Array, from: number): Float64Array {
  if (from === sampleRate) return Float64Array.from(samples);
  const resampler = new Resampler(from);
  const [most, rest] = [resampler.push(Float64Array.from(samples)), resampler.finish()];
  const all = new Float64Array(most.length + rest.length);
  all.set(most);
  all.set(rest, most.length);
  return all;
}

export class VoiceMixer {
  readonly #sessions: ReadonlyMap<string, readonly Sentence[]>;
  readonly #espeak: Espeak;
  readonly #lines: readonly string[];

  private constructor(of: ReadonlyMap<string, readonly Sentence[]>, espeak: Espeak, lines: readonly string[]) {
    this.#sessions = of;
    this.#espeak = espeak;
    this.#lines = lines;
  }

  /** @param text English sentences, one a line, for the synthesiser */
  static async open(of: ReadonlyMap<string, readonly Sentence[]>, espeak: Espeak, text: string): Promise<VoiceMixer> {
    const lines = (await readFile(text, 'utf8')).split('\n');
    return new VoiceMixer(
      of,
      espeak,
      lines.filter(({ length }) => length > 30 && length < 110),
    );
  }

  #speaker(voice: Voice, rng: Rng): () => Promise<Spoken | undefined> {
    const [name = '', speed = '1'] = voice.split('*');
    if (name.startsWith('espeak:'))
      return () => {
        const text = this.#lines[rng.integer(this.#lines.length)]!;
        const speech = this.#espeak.synthesise(text, { name: name.slice('espeak:'.length), pitch: 50 });
        const sound = resampled(speech.samples, speech.sampleRate);
        const samples = toGrid(Float32Array.from(sound, (value) => 0.5 * value + 1e-4 * rng.normal()));
        return Promise.resolve({ samples, speech: detectSpeech(samples, vadConfig.parse({})) });
      };
    const left = [...this.#sessions].flatMap(([session, own]) => (session.startsWith(name) ? own : []));
    return async () => {
      if (left.length === 0) return undefined;
      const [sentence] = left.splice(rng.integer(left.length), 1);
      const { samples } = await decodeToGrid(sentence!.path);
      const speech = sentence!.speech ?? detectSpeech(samples, vadConfig.parse({}));
      const factor = Number(speed);
      if (factor === 1) return { samples, speech };
      const changed = resampled(samples, Math.round(sampleRate * factor));
      return {
        samples: Int16Array.from(changed, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value)))),
        speech: speech.map(([start, end]): Region => [start / factor, end / factor] as Region),
      };
    };
  }

  /** One to four sentences of one, then of another where there are several. */
  async mix({ voices, seconds, id }: Case): Promise<Mixture> {
    const rng = Rng.fromSeed(7).fork(String(id));
    const speakers = new Map(voices.map((voice) => [voice, this.#speaker(voice, rng)]));
    const parts: Int16Array[] = [];
    const turns: Mixture['turns'][number][] = [];
    let length = 0;
    let last = '';
    while (length < seconds * sampleRate && speakers.size > 0) {
      const able = voices.filter((voice) => speakers.has(voice));
      const others = able.length > 1 ? able.filter((voice) => voice !== last) : able;
      last = others[rng.integer(others.length)]!;
      for (let left = 1 + rng.integer(4); left > 0; left--) {
        const said = await speakers.get(last)!();
        if (!said) {
          speakers.delete(last);
          break;
        }
        for (const [start, end] of said.speech)
          turns.push({
            start: (length + start) / sampleRate,
            end: (length + Math.min(end, said.samples.length)) / sampleRate,
            speaker: last,
          });
        parts.push(said.samples, new Int16Array(pause));
        length += said.samples.length + pause;
      }
    }
    const samples = new Int16Array(length);
    parts.reduce((at, part) => (samples.set(part, at), at + part.length), 0);
    return { samples, turns };
  }
}
