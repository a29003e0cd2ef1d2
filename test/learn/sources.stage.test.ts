// The bootstrap from other sources of speech than eSpeak NG alone: a program of the test's own that writes a wav file,
// and a folder of recordings with transcripts in another language. The program hums a tone for each letter.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog, type Log } from '../../src/core/log.js';
import type { RunRecord } from '../../src/learn/run-folder.js';
import { folderDigest } from '../folder-digest.js';
import { lines, SpokenCorpus, writeSpoken } from './spoken-corpus.js';

/** Arguments: a sentence and a file. Fails where the sentence holds "playa". */
const hummer = `
import { writeFileSync } from 'node:fs';
const [, , text, file] = process.argv;
if (text.includes('playa')) { console.error('no sea here'); process.exit(3); }
const samples = [];
for (const letter of text)
  for (let n = 0; n < 1600; n++)
    samples.push(letter === ' ' ? 0 : Math.round(8000 * Math.sin((letter.charCodeAt(0) % 26 + 2) * n / 28)));
const body = Buffer.alloc(samples.length * 2);
samples.forEach((value, i) => body.writeInt16LE(value, i * 2));
const head = Buffer.alloc(44);
head.write('RIFF', 0); head.writeUInt32LE(36 + body.length, 4); head.write('WAVEfmt ', 8); head.writeUInt32LE(16, 16);
head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22); head.writeUInt32LE(16000, 24); head.writeUInt32LE(32000, 28);
head.writeUInt16LE(2, 32); head.writeUInt16LE(16, 34); head.write('data', 36); head.writeUInt32LE(body.length, 40);
writeFileSync(file, Buffer.concat([head, body]));
`;

const english = ['the cat', 'a big dog', 'seven ships', 'we see the sun', 'red and green'];

let corpus: SpokenCorpus;
let many: string;
beforeAll(async () => {
  corpus = await SpokenCorpus.create();
  await writeFile(join(corpus.root, 'hum.mjs'), hummer);
  many = join(corpus.root, 'english');
  await mkdir(many);
  const said: string[] = [];
  for (let i = 0; i < 25; i++) {
    const words = `${english[i % 5]} ${english[(i * 3 + 1) % 5]}`;
    if (i < 24) said.push(`e${i} ${words}`);
    await writeSpoken(join(many, `e${i}.wav`), words, `en-gb+f${1 + (i % 4)}`);
  }
  await writeFile(join(corpus.root, 'said.txt'), `${said.join('\n')}\nnobody not recorded\n`);
});
afterAll(() => corpus.remove());

/** The text has few sentences: the program is given enough by more of them. */
async function manySentences(): Promise<void> {
  const words = lines.flatMap((line) => line.split(' '));
  const more = Array.from({ length: 30 }, (_, i) =>
    [0, 1, 2].map((k) => words[(7 * i + 11 * k + i * k) % words.length]).join(' '),
  );
  await writeFile(join(corpus.root, 'text.txt'), `${[...lines.slice(3), ...more].join('\n')}\n`);
  await corpus.stage('text');
}

const recordsOf = async (learned: string): Promise<RunRecord[]> =>
  (await readFile(join(learned, 'runs.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunRecord);

const folder = { kind: 'folder', dir: 'english', transcripts: 'said.txt', language: 'en-gb', speakers: 'file' };

describe('a folder of recordings in another language', () => {
  it('is aligned, named by the phones of the text, and stands in runs.jsonl and on the card', async () => {
    const sources = [{ kind: 'espeak' }, folder];
    const learned = await corpus.stage('learn', 'learn', { change: corpus.learnFrom(sources) });
    const runs = await recordsOf(learned);
    const [espeak, labelled] = runs[0]!.sources!;
    expect([espeak!.kind, espeak!.share, espeak!.language]).toEqual(['espeak', 0.75, 'es']);
    expect(labelled).toMatchObject({ kind: 'folder', share: 0.25, name: 'english', language: 'en-gb', utterances: 24 });
    expect(labelled!.labelled).toContain('transcripts that people wrote');
    expect(labelled!.seconds).toBeGreaterThan(20);
    expect(labelled!.changed.length).toBeGreaterThan(0);
    expect(runs[0]!.synthetic).toBe(true);
    for (const name of ['decode', 'selftrain', 'score', 'bundle']) await corpus.stage(name);
    const card = await readFile(join(corpus.root, 'run/bundle/README.md'), 'utf8');
    expect(card).toContain('transcripts that people wrote of recordings in en-gb');
    expect(card).not.toContain('No human transcript was used in learning');
  });

  it('ends with the same bytes after an interruption while it is aligned', async () => {
    const controller = new AbortController();
    const log: Log = {
      ...silentLog,
      child: () => log,
      info: (message: string) => {
        if (message.startsWith('aligning english, pass 3')) controller.abort();
      },
    };
    const change = corpus.learnFrom([{ kind: 'espeak' }, folder]);
    await expect(corpus.stage('learn', 'again', { change, log, signal: controller.signal })).rejects.toThrow();
    const again = await corpus.stage('learn', 'again', { change });
    expect(await folderDigest(again)).toEqual(await folderDigest(join(corpus.root, 'run/learn')));
  });

  it('may be the only source; then some of it is held out for the length', async () => {
    const learned = await corpus.stage('learn', 'alone', { change: corpus.learnFrom([folder]) });
    const [run] = await recordsOf(learned);
    expect(run!.synthetic).toBeUndefined();
    expect(run!.sources!.map(({ kind, share, utterances }) => [kind, share, utterances])).toEqual([['folder', 1, 21]]);
  });

  it('is refused where it is the sound of the run, has no transcripts or is not there', async () => {
    const learn = (source: object): Promise<string> =>
      corpus.stage('learn', 'refused', { change: corpus.learnFrom([{ kind: 'espeak' }, source]) });
    await writeFile(join(corpus.root, 'own.txt'), lines.map((line, i) => `r${i} ${line}`).join('\n'));
    await expect(learn({ ...folder, layout: 'folder', dir: '.', transcripts: 'own.txt' })).rejects.toThrow(
      /5 of 5 recordings of \. belong to this run/,
    );
    await expect(learn({ ...folder, transcripts: '' })).rejects.toThrow(/layout "folder", which holds no transcripts/);
    await expect(learn({ ...folder, dir: 'nowhere' })).rejects.toThrow(/nowhere: no sound found there/);
    await expect(learn({ ...folder, language: 'klingon' })).rejects.toThrow(/klingon/);
  });
});

describe('another synthesiser', () => {
  it('reads the text; a sentence that it fails on costs itself alone', async () => {
    await manySentences();
    const command = `"${process.execPath}" hum.mjs {text} {wav}`;
    const told: string[] = [];
    const log: Log = { ...silentLog, child: () => log, warn: (message: string) => void told.push(message) };
    const sources = [{ kind: 'espeak' }, { kind: 'command', command, share: 0.5, hours: 1 }];
    const learned = await corpus.stage('learn', 'command', { change: corpus.learnFrom(sources), log });
    const [run] = await recordsOf(learned);
    const facts = run!.sources![1]!;
    expect([facts.kind, facts.share]).toEqual(['command', 0.5]);
    expect(facts.utterances).toBeGreaterThan(20);
    expect(facts.leftOut['it ended with exit code 3']).toBeGreaterThan(0);
    expect(told.join('\n')).toMatch(/is left out: it ended with exit code 3: no sea here/);
  });

  it('is refused where it is not there, fails on every sentence, or takes too long', async () => {
    const learn = (command: string, more: object = {}): Promise<string> => {
      const sources = [{ kind: 'espeak' }, { kind: 'command', command, ...more }];
      return corpus.stage('learn', 'wrong-command', { change: corpus.learnFrom(sources) });
    };
    await expect(learn('no-such-program-here {text} {wav}')).rejects.toThrow(/"no-such-program-here" does not start/);
    await expect(learn(`"${process.execPath}" -e 0 {text} {wav}`)).rejects.toThrow(
      /made no speech of the first 20 sentences: it wrote no file/,
    );
    await expect(
      learn(`"${process.execPath}" -e "setInterval(() => {}, 1000)" {text} {wav}`, { seconds: 0.05 }),
    ).rejects.toThrow(/it took longer than 0.05 s/);
  });
});
