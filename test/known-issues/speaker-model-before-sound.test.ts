// `asr transcribe --speaker-model` was given a file that is no model, and said so only when a recording had been
// transcribed whole; each further recording failed anew.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asr } from '../e2e/program.js';
import { temporaryFolder } from '../temporary-folder.js';

it('refuses a model of speakers before anything is heard', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'model'));
  await writeFile(join(folder, 'letter.onnx'), 'dear reader');
  // Neither the recording nor the model is looked at: there are none.
  const args = ['transcribe', 'talk.wav', '--model', 'model', '--speakers', '2', '--speaker-model'];
  const other = await asr([...args, 'letter.onnx'], { cwd: folder });
  expect([other.code, other.stderr]).toEqual([6, expect.stringMatching(/^asr: letter\.onnx: onnxruntime rejects it/u)]);
  const gone = await asr([...args, 'gone.onnx'], { cwd: folder });
  expect([gone.code, gone.stderr]).toEqual([5, expect.stringContaining('gone.onnx')]);
});
