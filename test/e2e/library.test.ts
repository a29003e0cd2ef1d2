// The example of docs/library.md, run as it stands there, by a program that imports the package by its name.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { projectFolder } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-library-'));
// Node finds a package by its own name only from inside of it.
const example = join(projectFolder, 'dist', `example-${process.pid}.mjs`);
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(example, { force: true });
});

it('runs the example of docs/library.md', async () => {
  const page = readFileSync(join(projectFolder, 'docs', 'library.md'), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1];
  expect(code).toBeDefined();
  writeFileSync(example, code!);
  await makeSmallModel(join(folder, 'model'));
  const wav = wavBytes([babble(5)], 16_000, 's16');
  const file = join(folder, 'sound.wav');
  writeFileSync(file, wav);
  writeFileSync(`${file}.raw`, wav.subarray(44));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example, join(folder, 'model'), file]);
  expect(stderr).toBe('');
  const [transcript, ...utterances] = stdout.trim().split('\n');
  expect(transcript).toMatch(/^[aeklmst]( [aeklmst])+$/);
  expect(utterances.length).toBeGreaterThan(0);
  const counts = utterances.map((line) => Number(/^[\d.]+ to [\d.]+: (\d+) phones$/.exec(line)?.[1]));
  expect(counts.reduce((a, b) => a + b, 0)).toBe(transcript!.split(' ').length);
  expect(readFileSync(`${file}.srt`, 'utf8')).toMatch(/^1\n00:00:00,\d{3} --> /);
});
