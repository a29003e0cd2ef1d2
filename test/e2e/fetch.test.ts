// From the name of a model to a transcript: fetched from a hub on this machine, learned through, transcribed with.
import { mkdtempSync, readFileSync, readdirSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wavBytes } from '../audio/signals.js';
import { LocalHub } from '../hub/local-hub.js';
import { babble, phones } from '../transcribe/small-model.js';
import { asr, lastJson, projectFolder } from './program.js';

const root = mkdtempSync(join(tmpdir(), 'asr-e2e-fetch-'));
const published = join(projectFolder, 'test', 'fixtures', 'published', 'wav2vec2-base');
const data = join(root, 'data');
const run = join(root, 'run');
let hub: LocalHub;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const names = ['config.json', 'preprocessor_config.json', 'model.safetensors'];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(published, name))]));
  hub = await LocalHub.start({ 'lab/tiny-wav2vec2': { files, licence: 'mit' } });
  env = { ...process.env, HF_HOME: join(root, 'home'), HF_ENDPOINT: hub.endpoint };
  mkdirSync(join(data, 'sound'), { recursive: true });
  for (let i = 0; i < 12; i++)
    writeFileSync(join(data, 'sound', `${i}.wav`), wavBytes([babble(4, i + 1)], 16_000, 's16'));
  const spoken = phones.filter((phone) => !phone.startsWith('<'));
  const sentence = (line: number): string =>
    Array.from({ length: 12 }, (_, i) => spoken[(line * 5 + i * (1 + (line % 3))) % spoken.length]).join(' ');
  writeFileSync(join(data, 'text.txt'), Array.from({ length: 80 }, (_, line) => `${sentence(line)}\n`).join(''));
  writeFileSync(
    join(data, 'recipe.yaml'),
    `name: fetched
data: .
audio: { dir: sound }
text: { file: text.txt, unit: phones }
features: { kind: encoder, model: lab/tiny-wav2vec2, layer: 2, reduction: { components: 8 } }
segments: { minFrames: 1, maxFrames: 15 }
clusters: { count: 12 }
learn: { silence: modelled, matching: { steps: 30 }, cycle: { rounds: 1 }, hmm: { states: 1 } }
`,
  );
});
afterAll(async () => {
  await hub.stop();
  rmSync(root, { recursive: true });
});

it('names the command before it was fetched, and downloads nothing by itself', async () => {
  const outcome = await asr(['run', 'recipe.yaml', '--run', run, '--to', 'features'], { cwd: data, env });
  expect(outcome.code).toBe(6);
  expect(outcome.stderr).toContain('asr fetch lab/tiny-wav2vec2');
  expect(hub.requests).toEqual([]);
});

it('asks before it fetches', async () => {
  const outcome = await asr(['fetch', 'lab/tiny-wav2vec2'], { cwd: data, env });
  expect([outcome.code, outcome.stdout]).toEqual([2, '']);
  expect(outcome.stderr).toMatch(/licence: mit[\s\S]*--yes/);
});

it('fetches, learns and transcribes', async () => {
  const fetched = await asr(['fetch', 'lab/tiny-wav2vec2', '--yes', '--json'], { cwd: data, env });
  expect(fetched.code, fetched.stderr).toBe(0);
  const { folder, licence } = lastJson(fetched) as { folder: string; licence: string };
  expect(licence).toBe('mit');
  expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'preprocessor_config.json']);
  const offline = await asr(['fetch', 'lab/tiny-wav2vec2', '--offline'], { cwd: data, env });
  expect(offline.stdout.trim()).toBe(folder);
  // From here on nobody answers.
  await hub.stop();
  const learned = await asr(['run', 'recipe.yaml', '--run', run], { cwd: data, env });
  // 7: that babble teaches nothing may be found out.
  expect([0, 7], learned.stderr).toContain(learned.code);
  // The cache is gone: a model folder holds what it needs.
  rmSync(join(root, 'home'), { recursive: true });
  const heard = await asr(['transcribe', join(data, 'sound', '1.wav'), '--model', join(run, 'bundle')], { env });
  expect(heard.code, heard.stderr).toBe(0);
  expect(
    heard.stdout
      .trim()
      .split(/\s+/)
      .every((phone) => phones.includes(phone)),
  ).toBe(true);
});

it('lists what it knows, and what was fetched', async () => {
  const outcome = await asr(['fetch', '--list'], { env });
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toMatch(/facebook\/wav2vec2-large-lv60 +1270 +24 +Apache-2.0/);
});
