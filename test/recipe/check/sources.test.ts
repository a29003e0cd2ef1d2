// What the check of a recipe says of its sources of speech, before anything is paid for.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../../src/core/rng.js';
import { checkSource, sourcesToCheck } from '../../../src/recipe/check/sources.js';
import type { Finding } from '../../../src/recipe/check/finding.js';
import { recipeSchema } from '../../../src/recipe/config.js';
import { checkBootstrap } from '../../../src/recipe/check/tools.js';
import { sine, wavBytes } from '../../audio/signals.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'asr-check-sources-'));
  for (const [folder, count] of [
    ['mine', 3],
    ['theirs', 25],
  ] as const) {
    await mkdir(join(root, folder));
    for (let i = 0; i < count; i++)
      await writeFile(join(root, folder, `${folder}${i}.wav`), wavBytes([sine(300, 16_000, 0.4)], 16_000, 's16'));
  }
  const said = (name: string, count: number): string =>
    Array.from({ length: count }, (_, i) => `${name}${i} das ist ein Satz\n`).join('');
  await writeFile(join(root, 'theirs.txt'), said('theirs', 25));
  await writeFile(join(root, 'mine.txt'), said('mine', 3));
  await mkdir(join(root, 'text'));
  const phones = ['a', 's', 'd', 't', 'i', 'n'].map((phone) => ({ phone, count: 9 }));
  await writeFile(
    join(root, 'text', 'phones.json'),
    JSON.stringify({ phones: [...phones, { phone: '<SIL>', count: 1 }], silence: '<SIL>' }),
  );
  await writeFile(join(root, 'text', 'words.txt'), 'nada\ntodo\n');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const text = { file: 'text.txt', language: 'es' };
async function check(source: object, more: object = {}): Promise<Finding> {
  const config = recipeSchema.parse({
    ...{ name: 'x', audio: { dir: 'mine' }, text },
    learn: { method: 'bootstrap', bootstrap: { sources: [{ kind: 'espeak' }, source] } },
    ...more,
  });
  const [one] = sourcesToCheck(config);
  return checkSource(one!, { config, data: root, text: join(root, 'text'), rng: Rng.fromSeed(1) });
}
const folder = { kind: 'folder', dir: 'theirs', transcripts: 'theirs.txt', language: 'de' };

describe('the check of sources', () => {
  it('counts recordings with transcripts, and says what becomes of their phones', async () => {
    const found = await check(folder);
    expect(found.what).toMatch(/^theirs: 25 recordings with transcripts, of 25 25 are pronounced; of their phones/);
    expect(found.what).toMatch(/z→s/);
    expect(found.level).toBe('ok');
    expect((await check({ ...folder, furthest: 0 })).what).toMatch(
      /of their phones 0 % are taken for another, \d+ % have none \(/,
    );
  });

  it('finds folders, transcripts and languages that are not there, and the sound of the run itself', async () => {
    await expect(check({ ...folder, dir: 'nowhere' })).rejects.toThrow(/nowhere: no sound found there/);
    await expect(check({ ...folder, transcripts: 'none.txt' })).rejects.toThrow(/none.txt: no such file/);
    await expect(check({ ...folder, transcripts: '' })).rejects.toThrow(/holds no transcripts/);
    await expect(check({ ...folder, transcripts: 'mine.txt' })).rejects.toThrow(/none of 25 recordings has one of 3/);
    await expect(check({ ...folder, language: 'klingon' })).rejects.toThrow(/klingon/);
    await expect(check({ ...folder, dir: 'mine', transcripts: 'mine.txt' })).rejects.toThrow(/belong to this run/);
  });

  it('finds programs that are not there or say nothing, and asks none of a text of phones', async () => {
    await expect(check({ kind: 'command', command: 'no-such-program {text} {wav}' })).rejects.toThrow(/does not start/);
    const silent = await check({ kind: 'command', command: `"${process.execPath}" -e 0 {text} {wav}` });
    expect([silent.level, silent.what]).toEqual(['problem', 'node said none of 2 sentences']);
    await expect(
      check({ kind: 'command', command: 'say {wav}' }, { text: { ...text, unit: 'phones' } }),
    ).rejects.toThrow(/cannot read a text of phones aloud/);
  });

  it('asks eSpeak NG for nothing where it is no source', () => {
    const level = (sources: readonly object[]): string =>
      checkBootstrap(
        recipeSchema.parse({
          ...{ name: 'x', text: { file: 'x.txt', pronunciation: 'lexicon', lexicon: 'l.tsv' } },
          learn: { method: 'bootstrap', bootstrap: { sources } },
        }),
      ).level;
    expect(level([folder])).toBe('ok');
    expect(level([{ kind: 'espeak' }, folder])).toBe('problem');
  });
});
