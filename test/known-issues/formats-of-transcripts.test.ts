// References in a format that is not known were read as Kaldi text: a table's rows
// became "words", and `asr check` said ok.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { loadTranscripts, type ReadOptions } from '../../src/transcripts/references.js';
import { scoreFiles } from '../../src/score/score-files.js';
import { folderOutput } from '../../src/transcribe/outputs.js';
import { formatNames, formats, formatTranscript } from '../../src/transcribe/formats/table.js';
import type { Transcript } from '../../src/transcribe/transcript.js';
import { temporaryFolder } from '../temporary-folder.js';

async function load(
  name: string,
  content: string | Buffer,
  options: ReadOptions = {},
): Promise<Record<string, string>> {
  const path = join(await temporaryFolder(), name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return Object.fromEntries(await loadTranscripts(path, options));
}

const said = { talk1: 'the red house', talk2: 'a blue car' };

it('STM', async () => {
  const stm = `;; CATEGORY "0" "" ""
talk1 1 s1 0.5 2.5 <o,f0,female> house
talk1 1 s1 0.00 0.5 <o,f0,female> the red
talk2 1 s2 0.00 2.50 a blue car
talk2 2 s3 0.00 2.50 <o> other
`;
  expect(await load('ref.stm', stm)).toEqual({ ...said, talk2_2: 'other' });
  await expect(load('ref.stm', 'talk1 1 s1 0 1 <o> { a / b }\n')).rejects.toThrow(/line 1: alternatives/);
  await expect(load('ref.stm', 'talk1 a b\n')).rejects.toThrow(/line 1: expected/);
});

it('tables with a header', async () => {
  expect(await load('r.tsv', '\uFEFFspeaker\tid\ttext\r\nx\ttalk1\tthe red house\r\ny\ttalk2\ta blue car\r\n')).toEqual(
    said,
  );
  expect(await load('r.csv', 'id,text\ntalk1,"the red house"\ntalk2,a blue car\n')).toEqual(said);
  expect(await load('r.tsv', 'path\tsentence\nclips/talk1.mp3\tthe red house\ntalk2.mp3\ta blue car\n')).toEqual(said);
});

it("LJ Speech's three columns: the last has the numbers written out", async () => {
  expect(await load('metadata.csv', 'talk1|The Red House|the red house\ntalk2|a blue car\n')).toEqual(said);
  expect(await load('metadata.csv', 'talk1|the red house|\ntalk2|a blue car|\n')).toEqual(said);
});

it.each<[string, string | Buffer, RegExp]>([
  ['ref.txt', 'talk1|the red house\n', /id\|text/],
  ['ref.txt', 'audio_id\tnormalized_text\ntalk1\tthe red house\n', /table with a header/],
  ['ref.txt', 'file transcript\ntalk1 the red house\n', /table with a header/],
  ['ref.txt', 'talk1,the red house\n', /comma-separated/],
  ['ref.txt', 'talk1 1 0.00 0.53 the 0.9\n', /CTM or STM/],
  ['ref.txt', 'talk1 1 s1 0.00 2.53 the red house\n', /CTM or STM/],
  ['ref.txt', '#!MLF!#\n"*/talk1.lab"\nthe\n.\n', /MLF/],
  ['ref.xml', '<a/>', /ends in "\.xml" is not known/],
  ['ref.docx', 'a b', /not known/],
  ['ref.txt', 'id\tspeaker\ttext\nu1\ts\ta b\n', /line 1: .*table/],
  ['ref.txt', 'id,text\nu1,a b\n', /line 1: .*table with a header/],
  ['ref.tsv', 'speaker\tgloss\nx\ty\n', /line 1: a table whose header/],
  ['ref.tsv', 'id\twords\tphones\nx\ty\tz\n', /several texts/],
  ['ref.txt', '{"id":"u1","text":"a"}\n', /JSON/],
  ['ref.txt', '1\n00:00:01,000 --> 00:00:02,000\nhola\n', /subtitles/],
  ['ref.txt', 'File type = "ooTextFile"\n', /TextGrid/],
  ['ref.txt', Buffer.from('u0 se\xf1or\n', 'latin1'), /line 1: the file is not UTF-8/],
  ['ref.json', Buffer.from('{"id":"u0","text":"se\xf1or"}', 'latin1'), /not UTF-8/],
  ['ref.txt', Buffer.from('\uFEFFu0 hola\n', 'utf16le'), /not UTF-8/],
  ['ref.TextGrid', 'hola', /no TextGrid/],
])('%s is refused: %#', async (name, content, message) => {
  await expect(load(name, content)).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(message) });
});

const transcript: Transcript = {
  schema: 1,
  file: 'x/talk1.wav',
  seconds: 3,
  phones: [],
  words: ['the', 'red', 'house', '"<&>"'].map((word, i) => ({ word, start: 0.7 * i, end: 0.7 * i + 0.3 })),
};
const text = 'the red house "<&>"';

it.each(formatNames)('what asr transcribe writes: %s', async (name) => {
  const file = `talk1.${formats[name].ending}`;
  const options: ReadOptions = { tokens: 'words', format: name === 'text' ? 'text' : undefined };
  expect(await load(file, formatTranscript(transcript, name), options)).toEqual({ talk1: text });
  const folder = await temporaryFolder();
  const output = await folderOutput(folder, [name], ['x/talk1.wav', 'x/talk2.wav']);
  await output.write(transcript);
  await output.write({ ...transcript, file: 'x/talk2.wav' });
  const both = await loadTranscripts(folder, { tokens: 'words' });
  expect(Object.fromEntries(both)).toEqual({ talk1: text, talk2: text });
});

it('several recordings on one stream', async () => {
  expect(await load('h.txt', 'a/talk1.wav: the red house\ntalk2.mp3: a blue car\ntalk3.wav: \n')).toEqual({
    ...said,
    talk3: '',
  });
});

it('TextGrids of Praat: short, in UTF-16, with several tiers', async () => {
  const short =
    'File type = "ooTextFile"\nObject class = ' +
    '"TextGrid"\n\n0\n1\n<exists>\n3\n"IntervalTier"\n"Words"\n0\n1\n2\n0\n0.5\n"say ' +
    '""ä"""\n0.5\n1\n""\n"TextTier"\n"bell"\n0\n1\n1\n0.5\n"x"\n"IntervalTier"\n"phones"\n0\n1\n1\n0\n1\n"e"\n';
  expect(await load('t.TextGrid', short, { tokens: 'words' })).toEqual({ t: 'say "ä"' });
  expect(await load('t.TextGrid', Buffer.from(`\uFEFF${short}`, 'utf16le'), { tokens: 'phones' })).toEqual({ t: 'e' });
  await expect(load('t.TextGrid', short.replace('Words', 'x').replace('phones', 'y'))).rejects.toThrow(/several tiers/);
});

it('nothing to compare with is no rate of 0, and a pipe is no file that can be looked at first', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'empty.txt'), '\n');
  await writeFile(join(folder, 'hyp.txt'), 'talk1 the red house\n');
  await expect(scoreFiles(join(folder, 'empty.txt'), join(folder, 'hyp.txt'), 'word')).rejects.toThrow(
    /empty\.txt: holds no references/,
  );
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(scoreFiles(join(folder, 'pipe'), join(folder, 'hyp.txt'), 'word')).rejects.toThrow(/pipe: a pipe can/);
  const writing = writeFile(join(folder, 'pipe'), 'talk1 the red house\n');
  const score = await scoreFiles(join(folder, 'pipe'), join(folder, 'hyp.txt'), 'word', { referenceFormat: 'kaldi' });
  await writing;
  expect([score.length, score.errors]).toEqual([3, 0]);
});
