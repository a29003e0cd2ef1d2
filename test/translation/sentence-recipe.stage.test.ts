// The recipe sentence-translation as its user runs it: two texts in, what translates both ways out; interrupted, it
// goes on to the same bytes; what is wrong with a text is said.
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.js';
import { Rng } from '../../src/core/rng.js';
import { makePlan } from '../../src/recipe/plan.js';
import { runPlan } from '../../src/recipe/run.js';
import { madeUpTexts } from '../../src/translation/made-up-texts.js';
import { openTranslator } from '../../src/translation/translator-record.js';
import { openDecoder } from '../../src/translation/translator.js';
import { temporaryFolder } from '../temporary-folder.js';

const small = [
  'compute.threads=1',
  'corpus.dim=30',
  'corpus.phrases=[400,300]',
  'corpus.rounds=1',
  'corpus.sentences=200',
  'corpus.map.refinements=3',
  'corpus.decoder.beam=5',
  'corpus.decoder.jumps=2',
  'corpus.decoder.options=5',
];

const planned = (folder: string, set: readonly string[], run = 'run') =>
  makePlan({ recipe: 'sentence-translation', data: folder, run: join(folder, run), set: [...small, ...set] });

async function textFiles(folder: string): Promise<void> {
  const texts = madeUpTexts(1200, Rng.fromSeed('texts'));
  const lines = (sentences: readonly (readonly string[])[]): string =>
    `${sentences.map((words) => words.join(' ')).join('\n')}\n`;
  await writeFile(join(folder, 'source.txt'), lines(texts.source));
  await writeFile(join(folder, 'target.txt'), lines(texts.target));
  await writeFile(join(folder, 'test.txt'), lines(texts.test));
  await writeFile(join(folder, 'reference.txt'), `${(await texts.reference()).join('\n')}\n`);
}

const both = ['corpus.source=source.txt', 'corpus.target=target.txt'];

describe('the recipe sentence-translation', () => {
  it('translates sentences that nobody translated, better after a round; interrupted, to the same bytes', async () => {
    const folder = await temporaryFolder();
    await textFiles(folder);
    const set = [...both, 'corpus.test=test.txt', 'corpus.reference=reference.txt'];
    const [finished] = await runPlan(await planned(folder, set), silentLog);
    const counts = finished?.record.counts ?? {};
    expect(counts['chrF, round 1']).toBeGreaterThan(counts['chrF, word by word'] ?? 100);
    const corpus = join(folder, 'run', 'corpus');
    expect((await readdir(corpus)).filter((name) => !name.startsWith('test')).sort()).toEqual([
      'backward.tsv',
      'forward.tsv',
      'scores.tsv',
      'source.bin',
      'stage.json',
      'target.bin',
      'translator.json',
    ]);
    const decode = await openDecoder(await openTranslator(join(folder, 'run')));
    const first = (await readFile(join(folder, 'test.txt'), 'utf8')).split('\n')[0]!;
    const made = (await readFile(join(corpus, 'test-1.txt'), 'utf8')).split('\n')[0]!;
    expect(decode(first.split(' ')).join(' ')).toBe(made);

    const abort = new AbortController();
    const stopping = { ...silentLog, info: (text: string) => void (text.includes(', forward') && abort.abort()) };
    await expect(
      runPlan(await planned(folder, set, 'again'), { ...stopping, child: () => stopping }, abort.signal),
    ).rejects.toThrow();
    await runPlan(await planned(folder, set, 'again'), silentLog);
    for (const file of ['forward.tsv', 'backward.tsv', 'target.bin', 'test-1.txt'])
      expect(await readFile(join(folder, 'again', 'corpus', file))).toEqual(await readFile(join(corpus, file)));
  });

  it('says what is wrong with a text', async () => {
    const folder = await temporaryFolder();
    await textFiles(folder);
    await copyFile(join(folder, 'target.txt'), join(folder, 'copy.txt'));
    await writeFile(join(folder, 'empty.txt'), '');
    await writeFile(join(folder, 'few.txt'), 'one sentence\n');
    await writeFile(join(folder, 'latin.txt'), Buffer.from('Übergänge hören\n'.repeat(200), 'latin1'));
    const rare = Array.from({ length: 200 }, (_, i) => `w${i}x w${i}y`).join('\n');
    await writeFile(join(folder, 'rare.txt'), rare);
    await mkdir(join(folder, 'nothing'));
    const failing = async (...set: string[]) => runPlan(await planned(folder, set), silentLog);
    const target = 'corpus.target=target.txt';
    await expect(failing('corpus.source=source.txt')).rejects.toThrow(/corpus.target is missing/);
    await expect(failing('corpus.source=none.txt', target)).rejects.toThrow(/none.txt/);
    await expect(failing('corpus.source=empty.txt', target)).rejects.toThrow(/empty.txt: 0 sentences .* in 0 lines/);
    await expect(failing('corpus.source=few.txt', target)).rejects.toThrow(/few.txt: 1 sentences/);
    await expect(failing('corpus.source=latin.txt', target)).rejects.toThrow(
      /latin.txt: 50 of the first 50 lines are not UTF-8/,
    );
    await expect(failing('corpus.source=target.txt', target)).rejects.toThrow(/the same text twice, it is one file/);
    await expect(failing('corpus.source=copy.txt', target)).rejects.toThrow(/sentences stand in both/);
    await expect(failing('corpus.source=rare.txt', target)).rejects.toThrow(/the source text: 0 words stand in it 3/);
    await expect(failing('corpus.source=nothing', target)).rejects.toThrow(/without hypotheses.jsonl/);
    await expect(failing(...both, 'corpus.reference=test.txt')).rejects.toThrow(/corpus.reference without corpus.test/);
  });
});
