// A corpus of any size that costs little to make: utterances of real lengths that say words of a simulated language, a
// phone a letter, from a pool of sounds that are linked as often as is needed; and other sentences as text. With
// `columns`, frames of an encoder's width beside it, as another program would have made them.
import { createWriteStream, existsSync, linkSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { wavFile } from '../src/core/wav-header.js';
import { encodeNpyHeader } from '../src/core/npy.js';
import { Rng } from '../src/core/rng.js';
import { frameCount } from '../src/core/frame-grid.js';
import { sampleRate, type Samples } from '../src/core/time.js';

export interface WorkSize {
  readonly hours: number;
  /** Of a mean utterance; LibriSpeech has 12.3. */
  readonly seconds: number;
  /** Sentences of text. */
  readonly sentences: number;
  /** Of frames made elsewhere, one every 20 ms; 0: MFCC of the sound. */
  readonly columns: number;
}

const letters = [...'aeiouptkbdgmnslrfjxz'];
const letterSeconds = 0.08;
const poolSize = 200;
/** Fewer than a file system lets a file have, which is 65,000 on ext4. */
const filesInFolder = 100;
const speakerFolders = 3;
const grid = { hop: 320, window: 400 };

/** @returns the recipe's path; a corpus that is there stays as it is */
export async function writeWork(folder: string, size: WorkSize): Promise<string> {
  const recipe = join(folder, 'work.yaml');
  if (existsSync(recipe)) return recipe;
  const rng = Rng.fromSeed('work');
  const words = makeWords(rng.fork('words'));
  await mkdir(join(folder, 'pool'), { recursive: true });
  const lengths = await writePool(join(folder, 'pool'), words, size.seconds, rng.fork('sound'));
  const files = await linkPool(folder, lengths, size.hours * 3600 * sampleRate);
  await writeText(join(folder, 'text.txt'), words, size, rng.fork('text'));
  const lines = [
    'name: work',
    'data: .',
    'audio: { layout: librispeech, dir: train-clean, testShare: 0.02 }',
    'text: { file: text.txt, language: es, pronunciation: letters }',
    `segments: { phoneRate: ${1 / letterSeconds} }`,
  ];
  if (size.columns > 0) {
    await writeFrames(join(folder, 'frames'), files, size.columns, rng.fork('frames'));
    lines.push(
      `features: { kind: precomputed, folder: frames, grid: ${JSON.stringify(grid)} }`,
      'vad: { method: none }',
    );
  }
  await writeFile(recipe, `${lines.join('\n')}\n`);
  return recipe;
}

function makeWords(rng: Rng): string[] {
  return Array.from({ length: 2000 }, () =>
    Array.from({ length: 2 + rng.integer(7) }, () => rng.choice(letters)).join(''),
  );
}

/** Words by Zipf's law. */
const someWord = (words: readonly string[], rng: Rng): string =>
  words[Math.floor(words.length ** rng.uniform()) - 1] as string;

/** @returns samples of each */
async function writePool(folder: string, words: readonly string[], seconds: number, rng: Rng): Promise<number[]> {
  const lengths: number[] = [];
  for (let n = 0; n < poolSize; n++) {
    // Log-normal, as utterances of read speech are about; no longer than 35 s, no shorter than three letters.
    const wanted = Math.min(35, Math.max(3 * letterSeconds, seconds * Math.exp(0.5 * rng.normal() - 0.125)));
    let said = '';
    while (said.length * letterSeconds < wanted) said += someWord(words, rng);
    const samples = sayLetters(said.slice(0, Math.round(wanted / letterSeconds)), rng);
    lengths.push(samples.length);
    await writeFile(join(folder, `${n}.wav`), wavFile(samples, sampleRate));
  }
  return lengths;
}

/** Two partials and noise, a combination for each letter. */
function sayLetters(said: string, rng: Rng): Int16Array {
  const each = Math.round(letterSeconds * sampleRate);
  const samples = new Int16Array(said.length * each);
  for (const [i, letter] of [...said].entries()) {
    const n = letters.indexOf(letter);
    const low = (2 * Math.PI * (250 + 120 * (n % 5))) / sampleRate;
    const high = (2 * Math.PI * (900 + 450 * Math.floor(n / 5))) / sampleRate;
    const noise = n % 3 === 0 ? 0.15 : 0.03;
    for (let t = 0; t < each; t++)
      samples[i * each + t] =
        8000 * (0.6 * Math.sin(low * t) + 0.4 * Math.sin(high * t)) + 32767 * noise * (rng.uniform() - 0.5);
  }
  return samples;
}

interface LinkedFile {
  readonly id: string;
  readonly samples: number;
}

async function linkPool(folder: string, lengths: readonly number[], wanted: number): Promise<LinkedFile[]> {
  const files: LinkedFile[] = [];
  let total = 0;
  for (let n = 0; total < wanted; n++) {
    const place = [Math.floor(n / filesInFolder / speakerFolders), Math.floor(n / filesInFolder) % speakerFolders];
    const name = `${place.join('-')}-${String(n % filesInFolder).padStart(4, '0')}`;
    const parent = join(folder, 'train-clean', ...place.map(String));
    if (n % filesInFolder === 0) await mkdir(parent, { recursive: true });
    linkSync(join(folder, 'pool', `${n % poolSize}.wav`), join(parent, `${name}.wav`));
    files.push({ id: name, samples: lengths[n % poolSize] as number });
    total += lengths[n % poolSize] as number;
  }
  return files;
}

async function writeText(path: string, words: readonly string[], size: WorkSize, rng: Rng): Promise<void> {
  const out = createWriteStream(path);
  const lettersWanted = size.seconds / letterSeconds;
  for (let n = 0; n < size.sentences; n++) {
    const sentence: string[] = [];
    for (let length = 0; length < lettersWanted; length += sentence.at(-1)?.length ?? 0)
      sentence.push(someWord(words, rng));
    if (!out.write(`${sentence.join(' ')}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

/** fairseq's folder: frames around a centre for each stretch of some frames, as an encoder's are. */
async function writeFrames(folder: string, files: readonly LinkedFile[], columns: number, rng: Rng): Promise<void> {
  await mkdir(folder, { recursive: true });
  const centres = Array.from({ length: letters.length }, () =>
    Float32Array.from({ length: columns }, () => rng.normal()),
  );
  const noise = Float32Array.from({ length: 1 << 20 }, () => 0.5 * rng.normal());
  const counts = files.map(({ samples }) => frameCount(samples as Samples, grid));
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const npy = await open(join(folder, 'train.npy'), 'w');
  await npy.write(encodeNpyHeader('float32', [rows, columns]));
  for (const count of counts) {
    const frames = new Float32Array(count * columns);
    let centre = centres[0] as Float32Array;
    for (let row = 0; row < count; row++) {
      if (row % 4 === 0) centre = rng.choice(centres);
      const from = rng.integer(noise.length - columns);
      for (let c = 0; c < columns; c++) frames[row * columns + c] = (centre[c] as number) + (noise[from + c] as number);
    }
    await npy.write(frames);
  }
  await npy.close();
  await writeFile(join(folder, 'train.lengths'), `${counts.join('\n')}\n`);
  const lines = files.map(({ id, samples }) => `${id}.wav\t${samples}\n`);
  await writeFile(join(folder, 'train.tsv'), `${folder}\n${lines.join('')}`);
}
