// What people really feed a program: each mistake ends in one clear error with its exit code, or in one counted,
// named skip; never in a stack trace, and never by losing what other items gave.
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStageRecord } from '../../src/core/stage-run.js';
import { wavBytes } from '../audio/signals.js';
import { asr, projectFolder, type Outcome, type ProgramOptions } from './program.js';

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asr-bad-'));
  await mkdir(join(data, 'audio', 'sub dir'), { recursive: true });
  const files: Record<string, string | Buffer> = {
    'good.wav': voice(16_000),
    'a b.wav': voice(16_000),
    [`q'uote"s.wav`]: voice(16_000),
    'new\nline.wav': voice(16_000),
    '-dash.wav': voice(16_000),
    '%s$(x)`y`.wav': voice(16_000),
    'eight.wav': voice(8000),
    'ninetysix.wav': voice(96_000),
    'six.wav': voice(48_000, 6),
    'cut.wav': voice(16_000).subarray(0, 20_000),
    'empty.wav': '',
    'text.wav': 'this is no sound\n',
    'none.wav': voice(16_000).subarray(0, 44),
    'nan.wav': wavBytes([new Float64Array(16_000).fill(NaN)], 16_000, 'f32'),
    'silent.wav': wavBytes([new Float64Array(16_000)], 16_000, 's16'),
    'sub dir/good.wav': voice(16_000),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(data, 'audio', name), bytes);
  await symlink(join(data, 'gone'), join(data, 'audio', 'vanished.wav'));
  await writeFile(join(data, 'text.txt'), 'la casa\nuna mesa grande\nel perro come\nla luna sale\n'.repeat(20));
  await writeFile(
    join(data, 'references.txt'),
    ['good la casa', 'empty una mesa', 'silent el perro', 'ghost la luna', '-dash la luna', 'nan la luna'].join('\n'),
  );
  await writeFile(
    join(data, 'recipe.yaml'),
    'name: bad\naudio: { testShare: 0.5, speakers: one }\ntext: { pronunciation: ' +
      'letters }\nscore: { references: references.txt }\n',
  );
});
afterAll(() => rm(data, { recursive: true, force: true }));

/** A second of something that the energy method takes for speech. */
function voice(rate: number, channels = 1): Buffer {
  const channel = Float64Array.from({ length: rate }, (_, i) =>
    i % rate < rate * 0.8 ? 0.5 * Math.sin(2 * Math.PI * 300 * (i / rate) * (1 + i / rate)) : 0,
  );
  return wavBytes(
    Array.from({ length: channels }, () => channel),
    rate,
    's16',
  );
}

const run = (folder: string, ...args: string[]): string[] => [
  'run',
  join(data, 'recipe.yaml'),
  '--data',
  data,
  '--run',
  join(data, folder),
  ...args,
];

/** Exit code and message, and none of the ways in which programs should not end. */
function expectError(outcome: Outcome, code: number, message: RegExp): void {
  expect(outcome.stderr).toMatch(message);
  expect(outcome.stderr).not.toMatch(/\n\s+at |This is a bug/);
  expect(outcome.code).toBe(code);
}

describe('sound that cannot be used', () => {
  it('costs nothing but itself, is named and counted, and its references count as deletions', async () => {
    // A poor model is enough: what is checked is who arrives. Four clusters learn nothing, and the run says so.
    const settings = ['clusters.count=4', 'learn.matching.steps=5', 'selftrain.method=none'];
    const outcome = await asr(run('all', ...settings.flatMap((setting) => ['--set', setting])));
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    expect(outcome.stdout).toMatch(/^Not converged: /mu);
    expect(outcome.code).toBe(7);
    const skipped = async (stage: string): Promise<{ id: string; reason: string }[]> =>
      (await readFile(join(data, 'all', stage, 'skipped.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { id: string; reason: string });
    const reasons = Object.fromEntries((await skipped('audio')).map(({ id, reason }) => [id, reason]));
    expect(reasons).toMatchObject({
      empty: expect.stringMatching(/the file is empty/),
      text: expect.stringMatching(/no sound in it|not a wav file/),
      none: expect.stringMatching(/0 samples/),
      nan: expect.stringMatching(/16000 samples are NaN/),
      vanished: expect.stringMatching(/no such file/),
      good: expect.stringMatching(/duplicate id/),
    });
    expect(Object.keys(reasons)).toHaveLength(6);
    expect((await skipped('vad')).map(({ id }) => id)).toEqual(['silent']);
    expect((await readStageRecord(join(data, 'all', 'audio')))!.skipped).toBe(6);
    const heard = (await readFile(join(data, 'all', 'decode', 'hyp.txt'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(heard.sort()).toEqual(
      ['%s$(x)`y`', '-dash', 'a_b', 'cut', 'eight', 'good', 'new_line', 'ninetysix', `q'uote"s`, 'six'].sort(),
    );
    const score = JSON.parse(await readFile(join(data, 'all', 'score', 'score.json'), 'utf8')) as {
      utterances: number;
      allDeletions: { unusable: string[] };
    };
    expect(score.utterances).toBe(3);
    expect(score.allDeletions.unusable).toEqual(['empty', 'silent']);
    expect((await skipped('score')).map(({ id, reason }) => `${id}: ${reason}`)).toEqual([
      'ghost: a reference that no audio has',
    ]);
  });

  it('is one error where nothing else is there', async () => {
    const folder = join(data, 'only');
    await mkdir(folder);
    await writeFile(join(folder, 'empty.wav'), '');
    expectError(
      await asr(['stage', 'audio', '--data', data, '--set', 'dir=only', '--out', join(data, 'only-out')]),
      3,
      /none of 1 recordings could be used/,
    );
  });
});

describe('text that cannot be used', () => {
  const cases: [string, string | Buffer, string[], RegExp][] = [
    ['nothing', '', [], /no words in the text: the file is empty/],
    ['blank lines', '\n\n', [], /2 lines are blank/],
    ['another encoding', Buffer.from('\ufeffhola\n', 'utf16le'), [], /not UTF-8/],
    [
      'another script',
      'привет мир\nкак дела\n',
      ['--set', 'text.pronunciation=espeak', '--set', 'text.language=es'],
      /4 of 4 words \(such as "привет"\) are in another script/,
    ],
    ['phones that are all rare', 'la casa\n', ['--set', 'text.minPhoneCount=1000'], /no sentence is left: rarePhone 1/],
  ];
  it.each(cases)('%s', async (name, content, settings, message) => {
    await writeFile(join(data, `${name}.txt`), content);
    expectError(
      await asr(run('text', '--from', 'text', '--to', 'text', '--set', `text.file=${name}.txt`, ...settings)),
      3,
      message,
    );
  });
});

describe('a command line with a mistake', () => {
  const cases: [string[], number, RegExp][] = [
    [['runn'], 2, /Did you mean one of run, runs\?/],
    [['run', 'kerstin'], 2, /Did you mean "kerstin-de"\?/],
    [['run', ''], 2, /It is empty; is a shell variable unset\?/],
    [['demo', '--run', ''], 2, /It is empty/],
    [['demo', '--set', 'learn.seedz=2'], 2, /unknown key "learn\.seedz"\s+Did you mean "learn\.seeds"\?/],
    [['demo', '--set', 'nonsense'], 2, /expected key=value/],
    [['demo', '--set', 'learn.seeds=[1'], 2, /--set learn\.seeds=\[1: the value is not valid YAML/],
    [['demo', '--set', '__proto__.x=1'], 2, /unknown key "__proto__"/],
    [['demo', '--set', 'constructor=1'], 2, /unknown key "constructor"/],
    [['run', 'demo-es', '--from', 'decode', '--to', 'audio'], 2, /--from decode stands after --to audio/],
    [['stage', 'vads', '--out', 'x'], 2, /no stage "vads"\s+Did you mean "vad"\?/],
    [
      ['score', '--ref', 'audio', '--hyp', 'audio'],
      3,
      /audio: no transcripts in this folder\s+Give the format by name/,
    ],
    [['regress', 'audio'], 5, /audio: this is a folder, not a file/],
    [['transcribe', 'x.wav', '--model', 'nosuch'], 6, /nosuch: no such folder\s+Give the model folder/],
    [['transcribe', 'x.wav', '--model', 'audio'], 6, /no model here/],
  ];
  it.each(cases)('asr %j', async (args, code, message) => {
    expectError(await asr(args, { cwd: data }), code, message);
  });

  it('leaves nothing behind', async () => {
    expect(await readdir(data)).not.toContain('runs');
  });
});

describe('a machine that says no', () => {
  it('names what is missing when ffmpeg or eSpeak NG are not there', async () => {
    await mkdir(join(data, 'mp3'), { recursive: true });
    await writeFile(join(data, 'mp3', 'a.mp3'), 'x');
    const env = { ...process.env, FFMPEG_PATH: '/no/such/ffmpeg' };
    expectError(
      await asr(run('mp3-run', '--to', 'audio', '--set', 'audio.dir=mp3'), { env }),
      4,
      /FFMPEG_PATH=\/no\/such\/ffmpeg: no program there/,
    );
    const bin = join(await programWithout('@echogarden/espeak-ng-emscripten'), 'bin', 'asr.js');
    expectError(
      await asr(
        run(
          'no-espeak',
          '--from',
          'text',
          '--to',
          'text',
          '--set',
          'text.pronunciation=espeak',
          '--set',
          'text.language=es',
        ),
        { program: bin },
      ),
      4,
      /npm install @echogarden\/espeak-ng-emscripten/,
    );
  });

  it('says so when a file may not grow, and goes on from there later', async () => {
    const limited: ProgramOptions = { shell: 'ulimit -f 40' };
    expectError(await asr(run('limit', '--to', 'audio'), limited), 5, /limit\/audio: a file would become larger/);
    expect((await asr(run('limit', '--to', 'audio'))).code).toBe(0);
  });

  it.skipIf(process.getuid?.() === 0)('says so when it may not write', async () => {
    await mkdir(join(data, 'locked'));
    await chmod(join(data, 'locked'), 0o500);
    expectError(await asr(run('locked/run', '--to', 'audio')), 5, /locked\/run: no permission/);
  });
});

/** The built program in a folder of its own, whose node_modules lack one scoped package. */
async function programWithout(missing: string): Promise<string> {
  const folder = join(data, 'program');
  for (const part of ['bin', 'dist', 'recipes', 'package.json'])
    await cp(join(projectFolder, part), join(folder, part), { recursive: true });
  await mkdir(join(folder, 'node_modules'));
  for (const name of await readdir(join(projectFolder, 'node_modules'))) {
    if (name !== dirname(missing))
      await symlink(join(projectFolder, 'node_modules', name), join(folder, 'node_modules', name));
  }
  // Exports nothing, so that a copy in a folder further up is not found either.
  await mkdir(join(folder, 'node_modules', missing), { recursive: true });
  await writeFile(join(folder, 'node_modules', missing, 'package.json'), '{ "exports": {} }');
  return folder;
}
