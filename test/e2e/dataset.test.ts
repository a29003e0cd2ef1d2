// `asr export --dataset` of a small run, read back: by our own layouts, and the parquet file by its library.
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { asr, lastJson } from './program.js';
import { writeToneCorpus } from './tone-corpus.js';

const lines = async (path: string): Promise<string[]> => (await readFile(path, 'utf8')).trimEnd().split('\n');

it('writes what others read', { timeout: 300_000 }, async () => {
  const folder = await temporaryFolder();
  const settings = 'text: { pronunciation: letters, minPhoneShare: 0 }\nclusters: { count: 4 }\n';
  await writeToneCorpus(folder, `data: .\n${settings}learn: { refine: none }\nselftrain: { method: none }\n`, 6);
  const early = await asr(['export', 'run', '--dataset', 'out'], { cwd: folder });
  expect([early.code, early.stderr]).toEqual([3, expect.stringContaining('did not finish')]);
  const made = await asr(['run', 'recipe.yaml', '--run', 'run', '--to', 'decode'], { cwd: folder });
  expect([0, 7], made.stderr).toContain(made.code);
  const outcome = await asr(['export', 'run', '--dataset', 'out', '--json'], { cwd: folder });
  expect(outcome.code, outcome.stderr).toBe(0);
  const out = join(folder, 'out');
  expect(lastJson(outcome)).toMatchObject({ utterances: 6, units: 6 });
  expect((await asr(['export', 'run', '--dataset', 'out'], { cwd: folder })).code).toBe(2); // never into what is there

  // Our own layouts find the same clips.
  for (const [layout, dir] of [
    ['lhotse', 'lhotse'],
    ['kaldi', 'kaldi'],
    ['audiofolder', 'audiofolder'],
  ]) {
    const to = join(folder, `read-${layout}`);
    const set = [`layout=${layout}`, `dir=${dir}`].flatMap((one) => ['--set', one]);
    const read = await asr(['stage', 'audio', '--data', out, '--out', to, ...set], { cwd: folder });
    expect(read.code, read.stderr).toBe(0);
    const found = (await lines(join(to, 'recordings.jsonl'))).map((line) => JSON.parse(line) as { samples: number });
    expect(found.map(({ samples }) => samples)).toEqual(Array.from({ length: 6 }, () => 12_800));
  }

  const parquets = (await readdir(join(out, 'huggingface', 'data'))).sort();
  let rows = 0;
  for (const name of parquets) {
    const bytes = readFileSync(join(out, 'huggingface', 'data', name));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const metadata = parquetMetadata(file).key_value_metadata ?? [];
    const info = JSON.parse(metadata.find(({ key }) => key === 'huggingface')?.value ?? '{}') as object;
    expect(info).toMatchObject({ info: { features: { audio: { _type: 'Audio', sampling_rate: 16_000 } } } });
    for (const row of await parquetReadObjects({ file, utf8: false })) {
      rows++;
      const { audio, phones, phones_start: starts, phones_end: ends, transcription, duration } = row;
      expect(Buffer.from((audio as { bytes: Uint8Array }).bytes.subarray(0, 4)).toString()).toBe('RIFF');
      expect((phones as string[]).join(' ')).toBe(transcription);
      expect((starts as number[]).length).toBe((phones as string[]).length);
      expect((ends as number[]).every((end) => end <= (duration as number))).toBe(true);
    }
  }
  expect(rows).toBe(6);

  const [head = '', ...units] = await lines(join(out, 'units', 'units.jsonl'));
  expect(JSON.parse(head)).toMatchObject({
    ...{ seed: 1, stage: 'clusters', centroids: 'centroids.npy' },
    features: { kind: 'mfcc', dim: 39, seed: 1, hash: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
  });
  expect(units).toHaveLength(6);
});
