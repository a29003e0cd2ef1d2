// `asr transcribe --live` as its users meet it: sound through a pipe, text or lines of JSON while it comes, ctrl-C as
// the end; and `--phones`, which leaves words out of JSON too. The model is a small one that was never trained.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveLineSchema, type LiveLine } from '../../src/transcribe/live-output.js';
import { transcriptSchema } from '../../src/transcribe/transcript.js';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { asr, projectFolder, type Outcome } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-live-'));
const at = (name: string): string => join(folder, name);
const speech = Float32Array.from([
  ...babble(3, 4),
  ...new Float32Array(24_000),
  ...babble(3, 5),
  ...new Float32Array(16_000),
]);
const wav = wavBytes([speech], 16_000, 's16');
const live = (args: string[], input: Uint8Array = wav): Promise<Outcome> =>
  asr(['transcribe', '--live', '-', '--model', at('words'), ...args], { input });
const linesOf = ({ stdout }: Outcome): LiveLine[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => liveLineSchema.parse(JSON.parse(line)));

beforeAll(async () => {
  await makeSmallModel(at('words'), { words: true });
  writeFileSync(at('sound.wav'), wav);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('asr transcribe --live', () => {
  it('writes lines of JSON: partial ones on the way, a final one at each pause', async () => {
    const outcome = await live(['--json']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    const lines = linesOf(outcome);
    expect(lines.filter(({ kind }) => kind === 'final')).toHaveLength(2);
    expect(lines[0]!.kind).toBe('partial');
    expect(lines.every(({ words }) => words !== undefined)).toBe(true);
    expect((await live([])).stdout.trim().split('\n')).toHaveLength(2);
  });

  it('takes bare samples as it takes wav', async () => {
    const finals = async (outcome: Promise<Outcome>): Promise<LiveLine[]> =>
      linesOf(await outcome).filter(({ kind }) => kind === 'final');
    const expected = await finals(live(['--json']));
    expect(await finals(live(['--json'], wav.subarray(44)))).toEqual(expected);
    expect(await finals(live(['--json', '--input', 'raw'], wav.subarray(44)))).toEqual(expected);
  });

  it('ends at ctrl-C with what was said before', async () => {
    const child = spawn(
      process.execPath,
      [join(projectFolder, 'bin', 'asr.js'), 'transcribe', '--live', '-', '--model', at('words'), '--json'],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let stdout = '';
    let told = false; // a second one would end the process
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      // The pipe stays open: only the signal can end it.
      if (!told && stdout.includes('partial')) {
        told = true;
        child.kill('SIGINT');
      }
    });
    child.stdin.write(wav.subarray(0, 44 + 2 * 40_000));
    const code = await new Promise((done) => child.once('close', done));
    expect(code).toBe(0);
    expect(linesOf({ code: 0, stdout, stderr: '' }).at(-1)!.kind).toBe('final');
  });

  it.each([
    [['talk.wav'], /standard input alone/],
    [['-', '--format', 'srt'], /writes text, or lines of JSON/],
    [['-', '--input', 'mp3'], /expected auto, raw or container/],
    [['-', '--rate', 'fast'], /--rate fast: expected a whole number/],
  ])('refuses %j', async (args, message) => {
    const outcome = await asr(['transcribe', '--live', '--model', at('words'), ...args], { input: Buffer.alloc(3200) });
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
  });
});

it('asr transcribe --phones --json holds no words, in its text neither', async () => {
  const run = async (...more: string[]): Promise<ReturnType<typeof transcriptSchema.parse>> =>
    transcriptSchema.parse(
      JSON.parse((await asr(['transcribe', at('sound.wav'), '--model', at('words'), '--json', ...more])).stdout),
    );
  const whole = await run();
  const phones = await run('--phones');
  expect(whole.words!.length).toBeGreaterThan(0);
  expect(phones.words).toBeUndefined();
  expect(phones.phones).toEqual(whole.phones);
  expect(phones.text).toBe(phones.phones.map(({ phone }) => phone).join(' '));
  expect(phones.utterances!.map(({ text }) => text).join(' ')).toBe(phones.text);
});
