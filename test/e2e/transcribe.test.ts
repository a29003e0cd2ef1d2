// `asr transcribe` as its users meet it: formats, folders, stdin, bad files among good ones, ctrl-C. The model is a
// small one that was never trained; what it says means nothing, that it says the same everywhere does.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcriptSchema } from '../../src/transcribe/transcript.js';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { asr, projectFolder, type Outcome, type ProgramOptions } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-transcribe-'));
const at = (name: string): string => join(folder, name);
const transcribe = (args: string[], options: ProgramOptions = {}): Promise<Outcome> =>
  asr(['transcribe', '--model', at('model'), ...args], { cwd: folder, ...options });
const lines = ({ stdout }: Outcome): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
/** No user should meet a stack trace. */
const clean = (outcome: Outcome): Outcome => {
  expect(outcome.stderr).not.toMatch(/\n\s+at |internal|bug/);
  return outcome;
};

const stereo = (seconds: number, rate: number, channels: number): Buffer => {
  const sound = babble((seconds * rate) / 16_000);
  return wavBytes(
    Array.from({ length: channels }, () => sound),
    rate,
    's16',
  );
};

const good = [
  'good.wav',
  '8k.wav',
  '96k.wav',
  '5.1.wav',
  'with space.wav',
  'it\'s "quoted".wav',
  '-dash.wav',
  'new\nline.wav',
  'nul l;$(x).wav',
  'silent.wav',
  'cut.wav',
];
const bad = ['empty.wav', 'text.wav', 'nan.wav', 'nothing.wav', 'vanished.wav'];

beforeAll(async () => {
  await makeSmallModel(at('model'));
  mkdirSync(at('in'));
  const put = (name: string, bytes: Uint8Array | string): void => {
    writeFileSync(join(folder, 'in', name), bytes);
  };
  const whole = stereo(4, 16_000, 1);
  for (const name of good) put(name, whole);
  put('8k.wav', stereo(4, 8000, 1));
  put('96k.wav', stereo(4, 96_000, 2));
  put('5.1.wav', stereo(4, 48_000, 6));
  put('silent.wav', wavBytes([new Float32Array(16_000)], 16_000, 's16'));
  put('cut.wav', whole.subarray(0, 70_000));
  put('empty.wav', '');
  put('text.wav', 'this is no sound');
  put('nan.wav', wavBytes([new Float32Array(16_000).fill(Number.NaN)], 16_000, 'f32'));
  put('nothing.wav', wavBytes([[]], 16_000, 's16'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('asr transcribe', () => {
  it('prints one line of text for one file', async () => {
    const outcome = clean(await transcribe(['in/good.wav']));
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/^[aeklmst]( [aeklmst])+\n$/);
  });

  it('writes every format of every file into a folder', async () => {
    const outcome = clean(
      await transcribe([
        'in/good.wav',
        'in/8k.wav',
        '--format',
        'text,json,srt,vtt,ctm',
        '--format',
        'textgrid,tsv,text,json,srt,vtt,ctm',
        '--output-dir',
        'out/all',
      ]),
    );
    expect(outcome).toMatchObject({ code: 0, stdout: '' });
    const endings = ['TextGrid', 'ctm', 'json', 'srt', 'tsv', 'txt', 'vtt'];
    expect(readdirSync(at('out/all')).sort()).toEqual(
      ['8k', 'good'].flatMap((name) => endings.map((ending) => `${name}.${ending}`)).sort(),
    );
  });

  it('does what it can of good and bad files alike, and says which are bad', async () => {
    const files = [...good, ...bad].map((name) => `in/${name}`);
    const outcome = clean(await transcribe(['--json', ...files]));
    expect(outcome.code).toBe(3);
    const records = lines(outcome);
    expect(records.map(({ file }) => file)).toEqual(files);
    for (const [i, record] of records.entries()) {
      if (i < good.length) expect(transcriptSchema.parse(record).seconds, good[i]).toBeGreaterThan(0);
      else
        expect(record, bad[i - good.length]).toMatchObject({
          schema: 1,
          error: expect.any(String),
          code: expect.stringMatching(/^(input|io)$/),
        });
    }
    const phonesOf = (name: string): unknown => records[good.indexOf(name)]?.['phones'];
    for (const name of good.slice(4, 9)) expect(phonesOf(name), name).toEqual(phonesOf('good.wav'));
    expect(phonesOf('silent.wav')).toEqual([]);
    expect(records[good.indexOf('cut.wav')]?.['warning']).toMatch(/cut short/);
    expect(outcome.stderr).toContain('5 of 16 files could not be transcribed');
  });

  it('gives the same with several jobs, names beginning with a dash included', async () => {
    const one = lines(await transcribe(['--json', 'in/good.wav', 'in/8k.wav', 'in/text.wav', 'in/5.1.wav']));
    const outcome = clean(
      await transcribe(['--json', '--jobs', '3', 'in/good.wav', 'in/8k.wav', 'in/text.wav', 'in/5.1.wav']),
    );
    expect(outcome.code).toBe(3);
    const sorted = (records: Record<string, unknown>[]): Record<string, unknown>[] =>
      [...records].sort((a, b) => ((a['file'] as string) < (b['file'] as string) ? -1 : 1));
    expect(sorted(lines(outcome))).toEqual(sorted(one));
    const dash = clean(await asr(['transcribe', '--model', at('model'), '--', '-dash.wav'], { cwd: at('in') }));
    expect(dash.code).toBe(0);
    expect(dash.stdout).toMatch(/^[aeklmst] /);
  });

  it('reads standard input', async () => {
    const outcome = clean(await transcribe(['-', '--json'], { input: readFileSync(at('in/good.wav')) }));
    const file = lines(await transcribe(['in/good.wav', '--json']))[0];
    expect(lines(outcome)[0]).toEqual({ ...file, file: '-' });
    expect(clean(await transcribe(['-'], { input: new Uint8Array(0) }))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('standard input is empty'),
    });
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('asr-stdin-'))).toEqual([]);
  });

  it('expands patterns and folders itself', async () => {
    mkdirSync(at('radio/monday'), { recursive: true });
    for (const name of ['a', 'b']) copyFileSync(at('in/good.wav'), at(`radio/monday/${name}.wav`));
    for (const named of ['radio/**/*.wav', 'radio']) {
      const outcome = clean(await transcribe([named, '--format', 'tsv']));
      expect(outcome.code).toBe(0);
      expect(
        new Set(
          outcome.stdout
            .split('\n')
            .slice(1, -1)
            .map((line) => line.split('\t')[0]),
        ).size,
      ).toBe(2);
    }
  });

  it('keeps what is finished at ctrl-C, and continues', async () => {
    const long = wavBytes([babble(60)], 16_000, 's16');
    const names = Array.from({ length: 24 }, (_, i) => `many-${String(i).padStart(2, '0')}.wav`);
    for (const name of names) writeFileSync(at(name), long);
    const args = [...names, '--format', 'json', '--output-dir', 'partial'];
    const done = (): string[] => (existsSync(at('partial')) ? readdirSync(at('partial')) : []);
    const outcome = clean(await transcribe(args, { interruptWhen: () => done().length >= 2 }));
    expect(outcome.code).toBe(130);
    expect(outcome.stderr).toMatch(/interrupted: \d+ of 24 files are done/);
    const finished = done();
    expect(finished.length).toBeGreaterThanOrEqual(2);
    expect(finished.length).toBeLessThan(24);
    for (const name of finished) transcriptSchema.parse(JSON.parse(readFileSync(at(`partial/${name}`), 'utf8')));
    const rest = clean(await transcribe([...args, '--skip-existing', '--jobs', '2']));
    expect(rest.code).toBe(0);
    expect(done().length).toBe(24);
    expect(clean(await transcribe([...args, '--skip-existing'])).stderr).toContain(
      'all 24 recordings are transcribed already',
    );
  });

  it.each<[string, string[], number, RegExp]>([
    ['an unknown format', ['in/good.wav', '--format', 'jsn'], 2, /--format jsn: not a format\n.*Did you mean "json"\?/],
    ['several formats on one stream', ['in/good.wav', '--format', 'srt,vtt'], 2, /2 formats cannot share one output/],
    [
      'several files in one subtitle',
      ['in/good.wav', 'in/8k.wav', '--format', 'srt'],
      2,
      /several recordings cannot share one srt output/,
    ],
    ['no jobs', ['in/good.wav', '--jobs', '0'], 2, /--jobs 0: expected/],
    ['a pattern without files', ['in/*.ogg'], 3, /no file fits this pattern/],
    ['a file that is not there', ['gone.wav'], 3, /gone\.wav: no such file/],
    [
      'an output folder in a place where nothing can be made',
      ['in/good.wav', '--output-dir', '/proc/nothing/here'],
      5,
      /cannot write "\/proc\/nothing\/here"/,
    ],
    [
      'an output folder that is a file',
      ['in/good.wav', '--output-dir', 'in/good.wav'],
      5,
      /cannot write "in\/good\.wav"/,
    ],
    ['another model', ['in/good.wav', '--model', 'in'], 6, /no model here/],
  ])('refuses %s in one clear sentence', async (_, args, code, message) => {
    const outcome = clean(await transcribe(args));
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stdout).toBe('');
  });

  it.runIf(existsSync('/dev/full'))(
    'says that its output cannot be written, and is quiet when its reader leaves',
    async () => {
      const shell = (command: string): { status: number | null; stderr: string } =>
        spawnSync('bash', ['-c', `set -o pipefail; ${command}`], { cwd: folder, encoding: 'utf8' });
      const program = `'${process.execPath}' '${join(projectFolder, 'bin', 'asr.js')}'`;
      const full = shell(`${program} transcribe in/good.wav --model model > /dev/full`);
      expect(full).toMatchObject({
        status: 5,
        stderr: expect.stringMatching(/^asr: cannot write to standard output: the disk is full\n/),
      });
      expect(shell(`${program} transcribe in/good.wav in/8k.wav --model model --json | true`)).toMatchObject({
        status: 141,
        stderr: '',
      });
    },
  );

  it.skipIf(process.getuid?.() === 0)('refuses a folder without permission before it starts', async () => {
    mkdirSync(at('locked'));
    chmodSync(at('locked'), 0o500);
    expect(clean(await transcribe(['in/good.wav', '--output-dir', 'locked/x']))).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/cannot write/),
    });
  });

  it('refuses a model with a flipped bit', async () => {
    mkdirSync(at('flipped'));
    await makeSmallModel(at('flipped'));
    const file = join(folder, 'flipped', 'emission', 'table.npy');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    for (const jobs of ['1', '2']) {
      const outcome = clean(await transcribe(['in/good.wav', 'in/8k.wav', '--model', at('flipped'), '--jobs', jobs]));
      expect(outcome).toMatchObject({ code: 6, stderr: expect.stringMatching(/table\.npy: the file has changed/) });
    }
  });
});
