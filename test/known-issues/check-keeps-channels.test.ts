// `asr check` tries a sample of the corpus by a table of its own, in which channels beyond the eighth were lost without
// a word: it then judged the average of all of them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRecordings, SampleReader } from '../../src/audio/samples.js';
import { Rng } from '../../src/core/rng.js';
import { listCorpus, measureSample } from '../../src/recipe/check/sample.js';
import { trySound, tryText } from '../../src/recipe/check/trial.js';
import { makePlan } from '../../src/recipe/plan.js';
import { amplitudeAt, sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

it('what is tried is the channel that the manifest names, whatever its number', { timeout: 60_000 }, async () => {
  const data = await temporaryFolder();
  const hertz = Array.from({ length: 12 }, (_, channel) => 300 + 200 * channel);
  await writeFile(
    join(data, 'call.wav'),
    wavBytes(
      hertz.map((tone) => sine(tone, 16_000, 1)),
      16_000,
      's16',
    ),
  );
  const rows = hertz.map((_, channel) => `u${channel}\tcall.wav\t${channel}`);
  await writeFile(join(data, 'audio.tsv'), `id\tpath\tchannel\n${rows.join('\n')}\nall\tcall.wav\t\n`);
  await writeFile(join(data, 'text.txt'), 'nada de nada\nnada\n');
  const recipe = join(data, 'recipe.yaml');
  await writeFile(
    recipe,
    'name: calls\naudio: { layout: tsv, dir: ., table: audio.tsv, testShare: 0 }\n' +
      'text: { file: text.txt, language: es }\nclusters: { count: 4 }\n',
  );
  const plan = await makePlan({ recipe, data, run: join(data, 'run') });
  const listing = await listCorpus(plan.config.audio, data, 80, Rng.fromSeed(1));
  const sample = await measureSample(listing.drawn, plan.config.vad, Rng.fromSeed(1), 30_000);
  expect(sample.failures).toEqual([]);
  const folder = join(data, 'trial');
  await tryText(plan, folder);
  await trySound(plan, sample.recordings, folder).catch(() => undefined); // tones have no segments to count
  const samples = await SampleReader.open(join(folder, 'audio'));
  const heard: Record<string, number[]> = {};
  for await (const { id } of readRecordings(join(folder, 'audio'))) {
    const grid = await samples.readGrid(id);
    heard[id] = hertz.filter((tone) => amplitudeAt(grid, tone) > 500);
  }
  await samples.close();
  expect(heard).toEqual({
    ...Object.fromEntries(hertz.map((tone, channel) => [`u${channel}`, [tone]])),
    all: hertz,
  });
});
