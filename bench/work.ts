// A corpus of any size that costs little to make: utterances of real lengths that say words of a simulated language, a
// phone a letter, from a pool of sounds that are linked as often as is needed; and other sentences as text. With
// `columns`, a recipe whose frames are as wide as an encoder's.
import { createWriteStream, existsSync, linkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { wavFile } from '../src/core/wav-header.js';
import { Rng } from '../src/core/rng.js';
import { sampleRate } from '../src/core/time.js';

export interface WorkSize {
  readonly hours: number;
  /** Of a mean utterance; LibriSpeech has 12.3. */
  readonly seconds: number;
  /** Sentences of text. */
  readonly sentences: number;
  /** Of frames that a stand-in for an encoder makes, one every 20 ms; 0: MFCC of the sound. */
  readonly columns: number;
}

const letters = [...'aeiouptkbdgmnslrfjxz'];
const letterSeconds = 0.08;
const poolSize = 200;
/** Fewer than a file system lets a file have, which is 65,000 on ext4. */
const filesInFolder = 100;
const speakerFolders = 3;
/** Hertz; a letter is a pair of them. */
export const partials = { low: [250, 370, 490, 610, 730], high: [900, 1350, 1800, 2250] };

/** @returns the recipe's path; a corpus that is there stays as it is */
export async function writeWork(folder: string, size: WorkSize): Promise<string> {
  const recipe = join(folder, 'work.yaml');
  if (existsSync(recipe)) return recipe;
  const rng = Rng.fromSeed('work');
  const words = makeWords(rng.fork('words'));
  await mkdir(join(folder, 'pool'), { recursive: true });
  const lengths = await writePool(join(folder, 'pool'), words, size.seconds, rng.fork('sound'));
  await linkPool(folder, lengths, size.hours * 3600 * sampleRate);
  await writeText(join(folder, 'text.txt'), words, size, rng.fork('text'));
  const lines = [
    'name: work',
    'data: .',
    'audio: { layout: librispeech, dir: train-clean, testShare: 0.02 }',
    'text: { file: text.txt, language: es, pronunciation: letters }',
    `segments: { phoneRate: ${1 / letterSeconds} }`,
  ];
  if (size.columns > 0)
    lines.push(
      `use: [${JSON.stringify(join(import.meta.dirname, 'work-frames.js'))}]`,
      'features: { kind: work-frames }',
      `plugins: { work-frames: { columns: ${size.columns} } }`,
    );
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
    const low = (2 * Math.PI * (partials.low[n % 5] as number)) / sampleRate;
    const high = (2 * Math.PI * (partials.high[Math.floor(n / 5)] as number)) / sampleRate;
    const noise = n % 3 === 0 ? 0.15 : 0.03;
    for (let t = 0; t < each; t++)
      samples[i * each + t] =
        8000 * (0.6 * Math.sin(low * t) + 0.4 * Math.sin(high * t)) + 32767 * noise * (rng.uniform() - 0.5);
  }
  return samples;
}

async function linkPool(folder: string, lengths: readonly number[], wanted: number): Promise<void> {
  let total = 0;
  for (let n = 0; total < wanted; n++) {
    const place = [Math.floor(n / filesInFolder / speakerFolders), Math.floor(n / filesInFolder) % speakerFolders];
    const name = `${place.join('-')}-${String(n % filesInFolder).padStart(4, '0')}`;
    const parent = join(folder, 'train-clean', ...place.map(String));
    if (n % filesInFolder === 0) await mkdir(parent, { recursive: true });
    linkSync(join(folder, 'pool', `${n % poolSize}.wav`), join(parent, `${name}.wav`));
    total += lengths[n % poolSize] as number;
  }
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
