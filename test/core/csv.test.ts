// A table that a spreadsheet wrote, whatever it parts its cells by.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCsv } from '../../src/core/csv.js';
import { temporaryFolder } from '../temporary-folder.js';

it.each<[string, string]>([
  ['commas', 'id,text\na,"x; y\tz"\n'],
  ['semicolons', 'id;text\na;"x; y\tz"\n'],
  ['tabs', 'id\ttext\na\t"x; y\tz"\n'],
])('parts cells by %s, whichever the first line has', async (_, text) => {
  const rows = [];
  for await (const { cells } of readCsv(join(await temporaryFolder({ 'a.csv': text }), 'a.csv'))) rows.push(cells);
  expect(rows).toEqual([
    ['id', 'text'],
    ['a', 'x; y\tz'],
  ]);
});
