// A corpus of a few tones: enough for audio, vad and features, over in a second.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sine, wavBytes } from '../audio/signals.js';

/** @param settings further lines of the recipe. @returns the recipe */
export async function writeToneCorpus(folder: string, settings: string, recordings = 10): Promise<string> {
  await mkdir(join(folder, 'audio'), { recursive: true });
  for (let i = 0; i < recordings; i++)
    await writeFile(join(folder, 'audio', `${i}.wav`), wavBytes([sine(200 + 50 * i, 16_000, 0.8)], 16_000, 's16'));
  await writeFile(join(folder, 'text.txt'), 'nada de nada\n');
  const recipe = join(folder, 'recipe.yaml');
  await writeFile(recipe, `name: tones\naudio: { speakers: one }\n${settings}`);
  return recipe;
}
