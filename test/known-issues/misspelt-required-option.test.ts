// `asr transcribe --mdel x y.wav` said that --model was missing, not that --mdel was misspelt; settings of a plug-in in
// a run's own files were refused in zod's words; an m4a that was cut off was "Invalid data".
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { decodeAudio } from '../../src/audio/decode.js';
import { main } from '../../src/cli/main.js';
import { settingsOf } from '../../src/core/plugins.js';
import { temporaryFolder } from '../temporary-folder.js';

async function saidBy(args: readonly string[]): Promise<string> {
  let said = '';
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  onTestFinished(() => {
    write.mockRestore();
  });
  expect(await main(args)).toBe(2);
  return said;
}

it.each([
  [['transcribe', '--mdel', 'x', 'y.wav'], "error: unknown option '--mdel'\n(Did you mean --model?)\n"],
  [['lm', 'estimate', '--otu', 'x'], "error: unknown option '--otu'\n(Did you mean --out?)\n"],
  [['score', '-q'], "error: unknown option '-q'\n"],
  [['transcribe', 'y.wav'], "error: required option '--model <folder>' not specified\n"],
])('%j', async (args, expected) => {
  expect(await saidBy(args)).toBe(expected);
});

it('settings of a plug-in from a file', () => {
  const plugin = { kind: 'vad', name: 'gate', version: 1, config: z.object({ dB: z.number() }) };
  const found = (): unknown =>
    settingsOf(plugin as unknown as Parameters<typeof settingsOf>[0], { name: 'gate', version: 1, settings: {} });
  expect(found).toThrow('settings of the vad "gate": dB: missing, expected a number');
});

it('an m4a without its end', async () => {
  const folder = await temporaryFolder();
  const [whole, cut] = [join(folder, 'whole.m4a'), join(folder, 'cut.m4a')];
  execFileSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', 'sine=440:duration=3', whole]);
  const bytes = await readFile(whole);
  await writeFile(cut, bytes.subarray(0, bytes.length >> 1));
  await expect(decodeAudio(cut)).rejects.toThrow('its end is missing: copy it again from where it was recorded');
});
