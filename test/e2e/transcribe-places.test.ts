// Where `asr transcribe` puts its outputs: beside the recordings, in a tree like theirs, and while a folder is watched.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { asr, type Outcome } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-places-'));
const at = (...names: string[]): string => join(folder, ...names);
const run = (args: string[], interruptWhen?: () => boolean): Promise<Outcome> =>
  asr(['transcribe', '--model', at('model'), ...args], { cwd: folder, ...(interruptWhen ? { interruptWhen } : {}) });
const sound = wavBytes([babble(2)], 16_000, 's16');

beforeAll(async () => {
  await makeSmallModel(at('model'));
  mkdirSync(at('in/deep'), { recursive: true });
  mkdirSync(at('inbox'));
  for (const name of ['in/a.wav', 'in/deep/a.wav', 'in/deep/b.wav']) writeFileSync(at(name), sound);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('asr transcribe', () => {
  it('writes beside the recordings', async () => {
    const { code } = await run(['in', '--beside', '--format', 'eaf,srt']);
    expect(code).toBe(0);
    expect(readdirSync(at('in')).sort()).toEqual(['a.eaf', 'a.srt', 'a.wav', 'deep']);
    expect(readdirSync(at('in/deep')).sort()).toEqual(['a.eaf', 'a.srt', 'a.wav', 'b.eaf', 'b.srt', 'b.wav']);
    const again = await run(['in', '--beside', '--format', 'eaf,srt', '--skip-existing']);
    expect(again.stderr).toContain('all 3 recordings are transcribed already');
  });

  it('writes a tree like that of the recordings', async () => {
    expect((await run(['in', '--tree', '--output-dir', 'out', '--format', 'json'])).code).toBe(0);
    expect(readdirSync(at('out')).sort()).toEqual(['a.json', 'deep']);
    expect(readdirSync(at('out/deep')).sort()).toEqual(['a.json', 'b.json']);
  });

  it('transcribes what is put into a folder, a bad file or not', async () => {
    writeFileSync(at('inbox/bad.wav'), 'no sound');
    writeFileSync(at('inbox/there.wav'), sound);
    let put = false;
    const { code, stderr } = await run(['--watch', 'inbox', '--beside', '--format', 'textgrid'], () => {
      if (existsSync(at('inbox/there.TextGrid')) && !put) {
        put = true;
        writeFileSync(at('later'), sound);
        renameSync(at('later'), at('inbox/later.wav'));
      }
      return existsSync(at('inbox/later.TextGrid'));
    });
    expect(code).toBe(0);
    expect(stderr.match(/bad\.wav/g)).toHaveLength(1);
    expect(stderr).toMatch(/bad\.wav.*\. Check that it is a sound file/);
    expect(readFileSync(at('inbox/later.TextGrid'), 'utf8')).toContain('name = "phones"');
    expect(readdirSync(at('inbox')).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it.each([
    [['in', '--beside', '--output-dir', 'x'], /--beside and --output-dir/],
    [['in', '--tree'], /--tree needs/],
    [['--watch', 'inbox'], /--watch needs/],
    [['in', '--watch', 'inbox', '--beside'], /--watch and files/],
    [[], /no recording is named/],
    [['-', '--beside'], /standard input lies in no folder/],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('watches no folder that is not there', async () => {
    const { code, stderr } = await run(['--watch', 'nowhere', '--beside']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/nowhere: no such folder.*\n\s+Check the path/);
  });
});
