// Found by a newcomer's walk: after `asr demo` in the folder of one's recordings, `asr new --audio .` took the
// manifest in the run for a corpus of lhotse, and a recipe over the folder would have learned from the demo's sound.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectLayout } from '../../src/audio/detect.js';
import { soundFiles } from '../../src/audio/sound-files.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-runs-beside-sound-'));
const write = (path: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), '');
};
async function namesBelow(root: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { parts } of soundFiles(root)) names.push(parts.join('/'));
  return names;
}
beforeAll(() => {
  for (const path of ['mine.wav', 'more/yours.wav', 'more/config.yaml']) write(path);
  for (const path of ['config.yaml', 'lock/1.json', 'audio/recordings.jsonl', 'corpus/audio/es-0000.wav'])
    write(`runs/demo-es/${path}`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('passes over runs of the program, and over nothing else', async () => {
  expect(detectLayout(folder)).toMatchObject({ layout: 'folder', because: 'sound files such as mine.wav' });
  expect(await namesBelow(folder)).toEqual(['mine.wav', 'more/yours.wav']);
});

it('finds the sound of a run that is named', async () => {
  const corpus = join(folder, 'runs', 'demo-es', 'corpus');
  expect(await namesBelow(corpus)).toHaveLength(1);
});
