// Messages printed whole lines of the input, with the characters that clear a terminal or turn its text round.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { AsrError } from '../../src/core/errors.js';
import { createLog } from '../../src/core/log.js';
import { legible } from '../../src/core/shown.js';
import { fromArpa } from '../../src/lm/arpa.js';
import { readLexicon } from '../../src/text/lexicon.js';
import { formatNames, formatTranscript } from '../../src/transcribe/formats/table.js';
import { temporaryFolder } from '../temporary-folder.js';

const dangerous = '\x1b[2J\x07\x9b1m\u202E\u2028\r';
// Sequences of the terminal, and marks of direction.
const control = /[\0-\x08\x0B-\x1F\x7F-\x9F\u2028\u202E]/;

it('escapes control characters in messages, the log and text outputs', async () => {
  expect(new AsrError('input', dangerous).message).toBe('\\x1b[2J\\x07\\x9b1m\\u202e\\u2028\\x0d');
  expect(legible('two\nlines, ñ 記 𝄞')).toBe('two\nlines, ñ 記 𝄞');
  const stream = new PassThrough();
  createLog({ stream }).warn(dangerous);
  expect(String(stream.read())).not.toMatch(control);
  const words = [{ word: dangerous, start: 0, end: 1 }];
  for (const name of formatNames)
    expect(formatTranscript({ schema: 1, file: `${dangerous}.wav`, seconds: 1, phones: [], words }, name)).not.toMatch(
      name === 'json' ? /[\0-\x08\x0B-\x1F]/ : control,
    );
});

it('quotes a little of a line that is long', async () => {
  const long = 'x'.repeat(1_000_000);
  const path = join(await temporaryFolder(), 'l.tsv');
  await writeFile(path, `${long}\n`);
  const refusals = await Promise.allSettled([
    readLexicon(path),
    Promise.resolve().then(() => fromArpa(`\\data\\\n${long}`)),
  ]);
  for (const refusal of refusals) {
    expect(refusal.status).toBe('rejected');
    expect(((refusal as PromiseRejectedResult).reason as Error).message.length).toBeLessThan(700);
  }
});
