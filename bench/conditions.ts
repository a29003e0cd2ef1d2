// Harder conditions made of a corpus at hand, so that what was chosen on it can be tried where it was not: a folder of
// recordings in; for each condition a folder with the same names, and every other file as it is, out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { decodeAudio } from '../src/audio/decode.js';
import { workingFfmpeg } from '../src/audio/ffmpeg-program.js';
import { Rng } from '../src/core/rng.js';
import { sampleRate } from '../src/core/time.js';

const soundEndings = new Set(['.wav', '.flac', '.opus', '.ogg', '.mp3', '.m4a']);

/** What becomes of one recording: samples, and an ffmpeg filter that they go through. */
interface Changed {
  readonly samples: Float32Array;
  readonly filter: string;
}
type Change = (samples: Float32Array, number: number, rng: Rng) => Changed;

const tempo =
  (factor: number): Change =>
  (samples) => ({ samples, filter: `atempo=${factor}` });

/** Eight voices: pitch and formants together by 2^(cents/1200), then the tempo. */
const voices = [
  { cents: -300, tempo: 0.85 },
  { cents: -200, tempo: 0.9 },
  { cents: -100, tempo: 1 },
  { cents: 0, tempo: 1 },
  { cents: 100, tempo: 1.05 },
  { cents: 200, tempo: 1.1 },
  { cents: 300, tempo: 1.15 },
  { cents: 400, tempo: 0.95 },
] as const;

const asSpeaker: Change = (samples, number) => {
  const { cents, tempo: wanted } = voices[number % voices.length]!;
  const pitch = 2 ** (cents / 1200);
  return {
    samples,
    filter: `asetrate=${Math.round(sampleRate * pitch)},aresample=${sampleRate},atempo=${wanted / pitch}`,
  };
};

const decibels = 10;

/** Noise that is as loud at every octave, 10 dB below the speech. */
const noisy: Change = (samples, _, rng) => {
  const noise = pink(samples.length, rng);
  const gain = (rms(samples) / rms(noise)) * 10 ** (-decibels / 20);
  return { samples: samples.map((value, i) => value + gain * noise[i]!), filter: 'anull' };
};

const quietSamples = sampleRate / 10;
const pauseSamples = 0.8 * sampleRate;

/** A pause of .8 s at the quietest tenth of a second of the middle half, made of what is heard there. */
const paused: Change = (samples) => {
  let [best, least] = [samples.length >> 1, Infinity];
  for (let at = samples.length >> 2; at + quietSamples < (3 * samples.length) >> 2; at += quietSamples >> 2) {
    const own = rms(samples.subarray(at, at + quietSamples));
    if (own < least) [best, least] = [at, own];
  }
  const quiet = samples.subarray(best, best + quietSamples);
  const made = new Float32Array(samples.length + pauseSamples);
  made.set(samples.subarray(0, best));
  // To and fro, so that no edge clicks.
  for (let i = 0; i < pauseSamples; i++) {
    const turn = i % (2 * quiet.length);
    made[best + i] = quiet[turn < quiet.length ? turn : 2 * quiet.length - 1 - turn] ?? 0;
  }
  made.set(samples.subarray(best), best + pauseSamples);
  return { samples: made, filter: 'anull' };
};

export const conditions = {
  slow: tempo(0.8),
  fast: tempo(1.25),
  noise: noisy,
  pauses: paused,
  speakers: asSpeaker,
} as const satisfies Record<string, Change>;
export type Condition = keyof typeof conditions;

/** @returns how many recordings were made */
export async function makeCondition(corpus: string, out: string, condition: Condition, seed: number): Promise<number> {
  const ffmpeg = await workingFfmpeg();
  const rng = Rng.fromSeed(seed);
  let made = 0;
  for (const name of (await readdir(corpus, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(corpus.length + 1))
    .sort()) {
    const to = join(out, name);
    await mkdir(dirname(to), { recursive: true });
    if (!soundEndings.has(extname(name))) {
      await copyFile(join(corpus, name), to);
      continue;
    }
    const { samples } = await decodeAudio(join(corpus, name));
    await write(ffmpeg, to, conditions[condition](samples, made, rng.fork(name)));
    made++;
  }
  return made;
}

/** Whatever the ending says, a WAV file: readers go by what is inside. */
async function write(ffmpeg: string, path: string, { samples, filter }: Changed): Promise<void> {
  const child = spawn(
    ffmpeg,
    [
      ...['-v', 'error', '-y', '-f', 'f32le', '-ar', String(sampleRate), '-ac', '1', '-i', 'pipe:0', '-af', filter],
      ...['-ar', String(sampleRate), '-c:a', 'pcm_s16le', '-f', 'wav', path],
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  child.stdin.end(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg ended with ${code} at ${path}`);
}

const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / Math.max(1, samples.length));

/** Kellet's three-pole filter of white noise. */
function pink(length: number, rng: Rng): Float32Array {
  let [slow, middle, quick] = [0, 0, 0];
  return Float32Array.from({ length }, () => {
    const white = rng.normal();
    slow = 0.99765 * slow + 0.099046 * white;
    middle = 0.963 * middle + 0.2965164 * white;
    quick = 0.57 * quick + 1.0526913 * white;
    return slow + middle + quick + 0.1848 * white;
  });
}
