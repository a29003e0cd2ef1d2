// From Node 24 on, readline ends a line at U+2028 too, so that a name or a sentence with one in it became two lines.
// And a line longer than the longest string ended everything without its number.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { notUtf8, readLines, type LineOptions } from '../../src/core/lines.js';
import { scoreFiles } from '../../src/score/score-files.js';
import { temporaryFolder } from '../temporary-folder.js';

async function linesOf(content: string | Buffer, name = 'a.txt', options?: LineOptions): Promise<string[]> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  const lines: string[] = [];
  for await (const line of readLines(path, options)) lines.push(line);
  return lines;
}

it('ends lines at LF and CRLF alone, packed or not', async () => {
  const text = '\uFEFFa\u2028b\u2029c\u0085d\ve\ff\rg\r\n\n  h\n\uFEFFi';
  const lines = ['a\u2028b\u2029c\u0085d\ve\ff\rg', '', '  h', '\uFEFFi'];
  expect(await linesOf(text)).toEqual(lines);
  expect(await linesOf(gzipSync(text), 'a.gz')).toEqual(lines);
  expect(await linesOf('')).toEqual([]);
  expect(await linesOf('\n')).toEqual(['']);
});

it('joins lines and letters that are divided between two reads', async () => {
  const line = 'ñandú€𝄞 '.repeat(30_000);
  expect(await linesOf(`x\n${line}\ny`)).toEqual(['x', line, 'y']);
});

it('refuses a file whose lines end at CR alone, which would be one line', async () => {
  for (const text of ['uno\rdos\rtres\r', 'uno\rdos'])
    await expect(linesOf(text)).rejects.toThrow(/a\.txt, line 1: its lines end at a carriage return alone/);
  expect(await linesOf('uno\r')).toEqual(['uno']);
});

it('knows what was not UTF-8', async () => {
  expect((await linesOf(Buffer.from('ma\xf1ana\nok\n', 'latin1'))).map(notUtf8)).toEqual([true, false]);
});

it('refuses a line that is too long, with its number', async () => {
  await expect(linesOf(`ok\n${'x'.repeat(200_000)}\n`, 'a.txt', { longest: 100_000 })).rejects.toThrow(
    /a\.txt, line 2: longer than/,
  );
  expect(await linesOf(`${'x'.repeat(100_000)}\n`, 'a.txt', { longest: 100_000 })).toHaveLength(1);
});

it('scores transcripts that hold a line separator', async () => {
  const folder = await temporaryFolder();
  for (const name of ['ref', 'hyp'])
    await writeFile(join(folder, `${name}.jsonl`), '{"id":"a","text":"uno\u2028dos"}\n{"id":"b","text":"tres"}\n');
  const score = await scoreFiles(join(folder, 'ref.jsonl'), join(folder, 'hyp.jsonl'), 'word');
  expect([score.length, score.errors]).toEqual([3, 0]);
});
