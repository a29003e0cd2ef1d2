// What a user may name as a text: lines, the folder of a run, what `asr transcribe --json` wrote; and the reference,
// which stays closed until it is asked for.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTexts } from '../../recipes/sentence-translation/texts.js';
import { temporaryFolder } from '../temporary-folder.js';

const numbers = Array.from({ length: 120 }, (_, i) => i);
const skip = async (): Promise<void> => undefined;

describe('texts to translate', () => {
  it('are the words of a run, and of transcripts in JSON', async () => {
    const folder = await temporaryFolder();
    const run = join(folder, 'run');
    await mkdir(join(run, 'decode'), { recursive: true });
    const heard = numbers.map((i) =>
      JSON.stringify({
        id: `u${i}`,
        phones: [{ phone: 'a', start: 0, end: 160 }],
        words: [
          { word: 'Palabra', start: 0, end: 160 },
          { word: `w${i}`, start: 160, end: 320 },
        ],
      }),
    );
    await writeFile(join(run, 'decode', 'hypotheses.jsonl'), heard.join('\n'));
    const spoken = numbers.map((i) =>
      JSON.stringify({ file: `${i}.wav`, utterances: [{ start: 0, end: 1, text: `Word, v${i}.` }] }),
    );
    await writeFile(join(folder, 'heard.jsonl'), spoken.join('\n'));
    const { source, target, test } = await readTexts(
      { source: run, target: join(folder, 'heard.jsonl'), test: '', reference: '' },
      skip,
    );
    expect(source[3]).toEqual(['palabra', 'w3']);
    expect(target[3]).toEqual(['word', ',', 'v3', '.']);
    expect(test).toEqual([]);
  });

  it('leave the reference closed until it is asked for', async () => {
    const folder = await temporaryFolder();
    const write = (name: string, lines: readonly string[]): Promise<void> =>
      writeFile(join(folder, name), `${lines.join('\n')}\n`);
    await write(
      'a',
      numbers.map((i) => `eins w${i}`),
    );
    await write(
      'b',
      numbers.map((i) => `one v${i}`),
    );
    await write('test', ['eins', '', 'zwei']);
    const paths = { source: join(folder, 'a'), target: join(folder, 'b'), test: join(folder, 'test') };
    const { test, reference } = await readTexts({ ...paths, reference: join(folder, 'later') }, skip);
    expect(test).toEqual([['eins'], [], ['zwei']]);
    await expect(reference()).rejects.toThrow(/later: no such file/);
    await write('later', ['one']);
    await expect(reference()).rejects.toThrow(/later: 1 lines, .*test has 3/);
    await write('later', ['one', '', 'two']);
    expect(await reference()).toEqual(['one', '', 'two']);
  });
});
