// Names on the command line to files, and files to names of outputs.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { expandInputs, spool } from '../../src/transcribe/inputs.js';
import { folderOutput, outputStems, streamOutput } from '../../src/transcribe/outputs.js';
import type { Transcript } from '../../src/transcribe/transcript.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-inputs-'));
const at = (name: string): string => join(folder, name);
for (const name of ['in', 'in/deep/er', 'in/.hidden', 'empty']) mkdirSync(at(name), { recursive: true });
for (const name of [
  'in/a.wav',
  'in/b.mp3',
  'in/c.txt',
  'in/[x].wav',
  'in/*.wav',
  'in/-d.wav',
  'in/deep/e.wav',
  'in/deep/er/f.wav',
  'in/.hidden/g.wav',
  'in/new\nline.wav',
])
  writeFileSync(at(name), name);
symlinkSync(at('in/deep'), at('in/link'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const expand = async (...names: string[]): Promise<string[]> =>
  (await expandInputs(names)).map((path) => (path === '-' ? path : relative(at('in'), path)));

describe('expandInputs', () => {
  it('takes names as they are, once, missing ones too', async () => {
    expect(await expand(at('in/b.mp3'), '-', at('in/a.wav'), at('in/b.mp3'), at('in/gone.wav'))).toEqual([
      'b.mp3',
      '-',
      'a.wav',
      'gone.wav',
    ]);
  });

  it('expands patterns that the shell has left', async () => {
    expect(await expand(at('in/?.*'))).toEqual(['a.wav', 'b.mp3', 'c.txt', '*.wav'].sort());
    expect(await expand(at('in/[ab].*'))).toEqual(['a.wav', 'b.mp3']);
    expect(await expand(at('in/[!ab].wav'))).toEqual(['*.wav']);
    expect(await expand(at('in/deep/*.wav'))).toEqual(['deep/e.wav']);
    expect(await expand(at('in/**/[ef].wav'))).toEqual(['deep/e.wav', 'deep/er/f.wav']);
    expect(await expand(at('in/*/e.wav'))).toEqual(['deep/e.wav', 'link/e.wav']);
  });

  it('lets a file win whose name looks like a pattern', async () => {
    expect(await expand(at('in/[x].wav'))).toEqual(['[x].wav']);
    expect(await expand(at('in/*.wav'))).toEqual(['*.wav']);
  });

  it('takes the sound files of a folder', async () => {
    expect(await expand(at('in/deep'))).toEqual(['deep/e.wav', 'deep/er/f.wav']);
  });

  it.each(['in/*.nothing', 'empty', 'nowhere/*.wav'])('says that %s holds nothing', async (name) => {
    await expect(expandInputs([at(name)])).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining(name),
    });
    const told: string[] = [];
    expect(
      await expandInputs([at(name), at('in/a.wav')], (empty, { message }) => {
        told.push(empty, message);
      }),
    ).toEqual([at('in/a.wav')]);
    expect(told).toEqual([at(name), expect.stringContaining(name)]);
  });
});

describe('spool', () => {
  it('keeps standard input in a file, and takes it away', async () => {
    const { path, remove } = await spool(Readable.from([Buffer.from('ab'), Buffer.from('c')]));
    expect(readFileSync(path, 'utf8')).toBe('abc');
    await remove();
    expect(() => readFileSync(path)).toThrow();
  });

  it('refuses nothing at all', async () => {
    await expect(spool(Readable.from([]))).rejects.toMatchObject({ code: 'input', message: 'standard input is empty' });
  });
});

describe('outputs', () => {
  const transcript = (file: string): Transcript => ({
    schema: 1,
    file,
    seconds: 1,
    phones: [{ phone: 'a', start: 0, end: 1 }],
  });

  it('get a name of their own each', () => {
    expect([...outputStems(['x/a.wav', 'x/b.wav', '-']).values()]).toEqual(['a', 'b', 'stdin']);
    expect([...outputStems(['x/a.wav', 'x/a.mp3']).values()]).toEqual(['a.wav', 'a.mp3']);
    expect([...outputStems(['x/a.wav', 'y/a.wav', 'a.wav.wav']).values()].sort()).toEqual([
      'a.wav',
      'x_a.wav',
      'y_a.wav',
    ]);
    const many = ['p/x/a.wav', 'q/x/a.wav', 'p/y/a.wav'];
    expect(new Set(outputStems(many).values()).size).toBe(3);
  });

  it('are whole files, one for each format', async () => {
    const out = at('out/below');
    const output = await folderOutput(out, ['text', 'json'], ['x/new\nline.wav', 'x/b.wav']);
    await output.write(transcript('x/new\nline.wav'));
    expect(readdirSync(out).sort()).toEqual(['new\nline.json', 'new\nline.txt']);
    expect(readFileSync(join(out, 'new\nline.txt'), 'utf8')).toBe('a\n');
    expect([await output.has('x/new\nline.wav'), await output.has('x/b.wav')]).toEqual([true, false]);
  });

  it('cannot go where a file is', async () => {
    await expect(folderOutput(at('in/a.wav'), ['text'], [])).rejects.toMatchObject({
      code: 'io',
      message: expect.stringMatching(/cannot write .*a\.wav/),
    });
  });

  it('share a stream: the header once, names before text where there are several', async () => {
    let text = '';
    const write = async (more: string): Promise<void> => {
      text += more;
    };
    const tsv = streamOutput(write, 'tsv', true);
    await tsv.write(transcript('x'));
    await tsv.write(transcript('y'));
    expect(text).toBe('file\tstart\tend\ttext\tconfidence\nx\t0.000\t1.000\ta\t\ny\t0.000\t1.000\ta\t\n');
    text = '';
    await streamOutput(write, 'text', true).write(transcript('x'));
    await streamOutput(write, 'text', false).write(transcript('x'));
    expect(text).toBe('x: a\na\n');
  });
});
