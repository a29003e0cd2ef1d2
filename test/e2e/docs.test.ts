// The blocks of commands in the pages, run as they stand there, in their order, in a folder that has what they name:
// recordings, a text, a small model, a recipe. What cannot be run here is on a list that says why.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wavBytes } from '../audio/signals.js';
import { markdownFiles, shownCommands } from '../docs/commands.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { projectFolder } from './program.js';

/** What a line begins with or holds, and why it is not run here. */
const notRun: readonly (readonly [RegExp, string])[] = [
  [
    /^npm install|^git clone|^make |^pip |^optimum-cli|^hf /,
    'needs a network or a checkout; .ci/run and package.test.ts',
  ],
  [/^asr demo/, 'minutes of CPU; demo.test.ts runs it whole'],
  [/^asr fetch facebook/, 'needs a network; fetch.test.ts runs it against a hub on this machine'],
  [
    /^asr units runs\/swahili|^asr run swahili --to/,
    'needs a corpus; units.test.ts writes and discovery.test.ts scores',
  ],
  [/^asr climb sw\.yaml/, 'needs a corpus and an encoder; climb.stage.test.ts compares blocks of a small one'],
  [/^asr run \S+-w2vu2?\b/, 'needs a corpus and a GPU for days'],
  [/^asr (?:run|check|pretrain) (?:kerstin-de|mboshi)/, 'needs the corpus, and minutes to hours of CPU'],
  [
    /^asr (?:run|check) (?:commonvoice|kaldi|lhotse|librispeech|ljspeech|mls|timit|voxforge)\b/,
    'needs the corpus; corpora.stage.test.ts runs each on a small one',
  ],
  [/^asr run (?:word|sentence)-translation/, 'minutes of CPU; test/translation'],
  [/^asr translate/, 'needs a finished run of sentence-translation; translate.test.ts'],
  [/^asr forget/, 'takes a person out of a finished run; test/recipe/forget.stage.test.ts'],
  [/^asr speakers/, 'needs recordings of people, which Silero hears as speech; test/speakers'],
  [/--people /, 'needs a table of people; test/score/groups.test.ts'],
  [/asr classify/, 'needs labelled texts; test/classify'],
  [/^asr probe/, 'needs an alignment of a real corpus; test/probe'],
  [
    /^asr regress suites\/nightly\.yaml(?: --bless.*)?$|^asr regress --page|^sqlite3 /,
    'hours of CPU; regress.test.ts runs a small suite',
  ],
  [/--executor (slurm|ssh)/, 'needs a cluster or hosts; slurm.test.ts and ssh.test.ts have small ones'],
  [
    /^asr serve|asr serve --learn|^asr new --page|^curl|^python3 -m http\.server/,
    'serves until it is stopped; serve.test.ts, learn-page.test.ts, web.test.ts',
  ],
  [/^ffmpeg /, 'needs a microphone or a camera; transcribe-live.test.ts'],
  [/--speaker-model/, 'needs a model of voices; test/speakers'],
];

const world = mkdtempSync(join(tmpdir(), 'asr-e2e-docs-'));
const blocks = markdownFiles()
  .flatMap(shownCommands)
  .filter(({ kind }) => kind === 'block');
const lines = [...new Set(blocks.map(({ text }) => text))];
const reasonFor = (text: string): string | undefined => notRun.find(([pattern]) => pattern.test(text))?.[1];

function shim(name: string, script: string): void {
  const path = join(world, 'programs', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

beforeAll(async () => {
  for (const folder of ['programs', 'sound', 'radio', 'corpora/mine/sound', 'runs/demo-es/bundle', 'cv'])
    mkdirSync(join(world, folder), { recursive: true });
  shim('asr', `exec "${process.execPath}" "${join(projectFolder, 'bin', 'asr.js')}" "$@"`);
  shim('arecord', `cat "${join(world, 'talk.raw')}"`); // a microphone that has been recorded
  copyFileSync(join(projectFolder, 'examples', 'rank-method.mjs'), join(world, 'rank-method.mjs'));
  for (const name of ['bin', 'suites']) symlinkSync(join(projectFolder, name), join(world, name));
  const talk = wavBytes([babble(4)], 16_000, 's16');
  for (const name of ['talk.wav', 'talk.mp4', 'film.mp4', 'talk.m4a', 'radio/one.mp3', 'radio/two.wav'])
    writeFileSync(join(world, name), talk); // what a file is, its bytes say
  writeFileSync(join(world, 'talk.raw'), talk.subarray(44));
  await makeSmallModel(join(world, 'runs', 'demo-es', 'bundle'), { kind: 'hmm', words: true });
  symlinkSync(join(world, 'runs', 'demo-es', 'bundle'), join(world, 'M'));
  const mine = join(world, 'corpora', 'mine');
  for (let i = 0; i < 12; i++) {
    writeFileSync(join(mine, 'sound', `${i}.wav`), wavBytes([babble(4, i + 1)], 16_000, 's16'));
    copyFileSync(join(mine, 'sound', `${i}.wav`), join(world, 'sound', `${i}.wav`));
  }
  const words = ['cha', 'mekal', 'tes', 'lamach', 'ket', 'selem'];
  const line = (n: number): string =>
    Array.from({ length: 4 }, (_, i) => words[(n * 5 + i * (1 + (n % 5))) % 6]).join(' ');
  const text = Array.from({ length: 80 }, (_, n) => `${line(n)}\n`).join('');
  for (const path of ['text.txt', 'held-out.txt', 'corpora/mine/text.txt']) writeFileSync(join(world, path), text);
  writeFileSync(join(world, 'talk.txt'), 'me la ka ta\n');
  writeFileSync(join(world, 'phones.txt'), 'm e l a k a t a\n');
  writeFileSync(
    join(world, 'my-language.yaml'),
    `name: my-language
data: corpora/mine
audio: { dir: sound, speakers: one }
text: { file: text.txt, pronunciation: letters }
clusters: { count: 64, restarts: 1 }
learn: { refine: none, matching: { steps: 10, restarts: 1 } }
selftrain: { method: none }
`,
  );
}, 60_000);
afterAll(() => {
  rmSync(world, { recursive: true, force: true });
});

function shell(line: string): Promise<{ code: number | null; stderr: string }> {
  const env = { ...process.env, HOME: world, PATH: `${join(world, 'programs')}${delimiter}${process.env['PATH']}` };
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', line], {
      cwd: world,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stderr });
    });
  });
}

describe('the blocks of commands in the pages', () => {
  it.each(lines.filter((text) => reasonFor(text) === undefined))('%s', async (text) => {
    const { code, stderr } = await shell(text);
    // 7: it may be found out that nothing was learned from babble; 3: and a check may say so before.
    const good = text.startsWith('asr check') ? [0, 3] : text.startsWith('asr run ') ? [0, 7] : [0];
    expect(good, stderr).toContain(code);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('are run, or left out for a reason that is still needed', () => {
    expect(lines.filter((text) => reasonFor(text) === undefined).length).toBeGreaterThan(25);
    for (const [pattern, reason] of notRun)
      expect(
        lines.some((text) => pattern.test(text)),
        `${pattern}: ${reason}`,
      ).toBe(true);
  });
});
