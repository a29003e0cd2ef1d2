// `asr new`: flags to a recipe that runs, what it says when something is missing, and
// the questions it asks on a terminal.
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeCorpus, spokenSentences } from '../audio/corpora.js';
import { wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';
import { babble } from '../transcribe/small-model.js';
import { asr, lastJson, projectFolder } from './program.js';

const tiny = [
  'clusters.count=12',
  'learn.bootstrap.speech.hours=0.005',
  'learn.bootstrap.speech.voices=2',
  'learn.bootstrap.network.channels=8',
  'learn.bootstrap.network.layers=2',
  'learn.bootstrap.train.epochs=1',
  'learn.bootstrap.train.crop=64',
  'learn.bootstrap.adapt.rounds=0',
  'decode.tune.utterances=2',
].flatMap((setting) => ['--set', setting]);

async function corpus(): Promise<string> {
  const folder = await temporaryFolder();
  await makeCorpus(folder, 'librispeech', 6);
  await writeFile(
    join(folder, 'my text.txt'),
    spokenSentences(['nobody'], 60, 7)
      .map(({ text }) => `${text}\n`)
      .join(''),
  );
  return folder;
}

describe('asr new', () => {
  it('writes a recipe that runs as it is, and is scored by the transcripts of the corpus', async () => {
    const folder = await corpus();
    const made = await asr(['new', 'es', '--audio', 'LibriSpeech', '--text', 'my text.txt', '--json'], { cwd: folder });
    expect(made.stderr).toBe('');
    expect(lastJson(made)).toEqual({
      recipe: join(folder, 'es.yaml'),
      layout: 'librispeech',
      dir: '.',
      findings: expect.arrayContaining([expect.stringMatching(/^18 recordings \(librispeech\), \d speakers?, /)]),
    });
    const yaml = await readFile(join(folder, 'es.yaml'), 'utf8');
    expect(yaml.trim().split('\n').length).toBeLessThan(14);
    expect(yaml).toMatch(/method: silero[^]*kind: logmel[^]*method: bootstrap/);
    const run = await asr(['run', 'es.yaml', '--json', ...tiny], { cwd: folder });
    expect(run.stderr).not.toMatch(/\n\s+at /);
    const { per, verdict } = lastJson(run) as { per: number | null; verdict: string };
    expect(run.code).toBe(verdict === 'not converged' ? 7 : 0); // ten steps on seconds of speech
    expect(per).toBeGreaterThan(0);
  });

  it('names transcribed recordings of another language as a source, where they can be one', async () => {
    const folder = await corpus();
    await makeCorpus(folder, 'kaldi', 3);
    const make = (...more: string[]) =>
      asr(['new', 'es', '--audio', 'LibriSpeech', '--text', 'my text.txt', '--labelled', ...more], { cwd: folder });
    for (const [more, complaint] of [
      [['egs'], '--labelled-language is missing'],
      [['nowhere', '--labelled-language', 'de'], 'nowhere: no such folder'],
      [['egs', '--labelled-language', 'klingon'], 'eSpeak NG has no such voice'],
      [['egs', '--labelled-language', 'de', '--phonemizer', 'letters'], 'only learn.method=bootstrap'],
    ] as const) {
      const refused = await make(...more);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(complaint)]);
    }
    expect((await make('egs', '--labelled-language', 'de')).code).toBe(0);
    const { learn } = parse(await readFile(join(folder, 'es.yaml'), 'utf8')) as { learn: object };
    const sources = [{ kind: 'espeak' }, { kind: 'folder', dir: join(folder, 'egs'), language: 'de' }];
    expect(learn).toEqual({ method: 'bootstrap', bootstrap: { sources } });
  });

  it('looks before it writes: long recordings, names that repeat, the language of the text', async () => {
    const folder = await temporaryFolder();
    for (const session of ['a', 'b']) {
      await mkdir(join(folder, 'sound', session), { recursive: true });
      await writeFile(join(folder, 'sound', session, 'tape.wav'), wavBytes([babble(40, 3)], 16_000, 's16'));
    }
    const sentence = 'The quick brown fox jumps over the lazy dog near the old river bank and sleeps there.';
    await writeFile(join(folder, 'text.txt'), `${sentence}\n`.repeat(60));
    const made = await asr(['new', 'es', '--audio', 'sound', '--text', 'text.txt'], { cwd: folder });
    expect(made.code, made.stderr).toBe(0);
    expect(made.stdout).toMatch(/vad\.maxSeconds: 8[^]*ids: path[^]*60 lines of text[^]*the text looks like /);
    expect(await readFile(join(folder, 'es.yaml'), 'utf8')).toMatch(/ids: path[^]*maxSeconds: 8/);
    await writeFile(join(folder, 'words.txt'), 'fox\ndog\nriver\n'.repeat(20));
    const options = ['--audio', 'sound', '--text', 'words.txt', '--phonemizer'];
    for (const [way, line] of [
      ['espeak', 'segments: { phoneRate: 13 }'],
      ['letters', 'segments: { rateRatio: 0.9, phoneRate: 13 }'],
    ] as const) {
      expect((await asr(['new', 'es', ...options, way, '--output', `${way}.yaml`], { cwd: folder })).code).toBe(0);
      expect(await readFile(join(folder, `${way}.yaml`), 'utf8')).toContain(line);
    }
  });

  it('gives the numbers of the paper to a published encoder, and names what is to be fetched', async () => {
    const folder = await corpus();
    const args = [
      'new',
      'es',
      '--audio',
      'LibriSpeech',
      '--text',
      'my text.txt',
      '--encoder',
      'facebook/wav2vec2-xls-r-300m',
      '--method',
      'gan',
    ];
    const made = await asr(args, { cwd: folder, env: { ...process.env, HF_HOME: folder } });
    expect(made.stdout).toContain('First: asr fetch facebook/wav2vec2-xls-r-300m');
    const yaml = await readFile(join(folder, 'es.yaml'), 'utf8');
    expect(yaml).toMatch(/model: facebook\/wav2vec2-xls-r-300m, layer: 15[^]*clusters: 128[^]*pca: 512[^]*seeds: 5/);
    const plan = await asr(['run', 'es.yaml', '--dry-run'], { cwd: folder, env: { ...process.env, HF_HOME: folder } });
    expect(plan.code, plan.stderr).toBe(0);
    // Where eSpeak NG speaks the language, its reading is learned from unless the paper's way is asked for.
    const whisper = ['openai/whisper-base', '--output', 'read.yaml'];
    await asr([...args.slice(0, 7), ...whisper], { cwd: folder, env: { ...process.env, HF_HOME: folder } });
    const read = await readFile(join(folder, 'read.yaml'), 'utf8');
    expect(read).toMatch(/whisper-base, layer: 6, normalise: speaker[^]*learn: \{ method: bootstrap \}/);
    expect(read).not.toMatch(/minWordCount|runs:/);
    // A second recipe of a language does not take the run of the first.
    expect([/^name: (\S+)/mu.exec(yaml)?.[1], /^name: (\S+)/mu.exec(read)?.[1]]).toEqual(['es', 'read']);
    const wrong = await asr([...args.slice(0, 8), '--method', 'hmm', '--output', 'no.yaml'], { cwd: folder });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/'hmm' is invalid.*bootstrap, gan/)]);
  });

  it('never writes over a recipe, and names the option that is missing', async () => {
    const folder = await corpus();
    await writeFile(join(folder, 'mine.yaml'), 'name: mine\n');
    const again = await asr(['new', 'es', '--audio', 'LibriSpeech', '--text', 'my text.txt', '--output', 'mine.yaml'], {
      cwd: folder,
    });
    expect([again.code, again.stderr]).toEqual([
      2,
      expect.stringMatching(/mine\.yaml: it exists already, and is kept/),
    ]);
    expect(await readFile(join(folder, 'mine.yaml'), 'utf8')).toBe('name: mine\n');
    const cases: [string[], RegExp][] = [
      [['new', 'es'], /--audio is missing/],
      [['new', 'es', '--audio', 'LibriSpeech'], /--text is missing/],
      [['new', 'es', '--audio', 'nowhere', '--text', 'my text.txt'], /--audio nowhere: .*no such folder/],
      [['new', 'es', '--audio', 'LibriSpeech', '--text', 'LibriSpeech'], /this is no file/],
      [
        ['new', 'klingonese', '--audio', 'LibriSpeech', '--text', 'my text.txt'],
        /--phonemizer or --lexicon is missing\n.*does not speak "klingonese"/,
      ],
      [
        ['new', 'es', '--audio', 'LibriSpeech', '--text', 'my text.txt', '--phonemizer', 'magic'],
        /expected espeak, letters, phones/,
      ],
    ];
    for (const [args, message] of cases) {
      const outcome = await asr(args, { cwd: folder });
      expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringMatching(message)]);
    }
    expect(existsSync(join(folder, 'es.yaml'))).toBe(false);
  });

  it.skipIf(!existsSync('/usr/bin/script'))('asks on a terminal, again after an answer that cannot be', async () => {
    const folder = await corpus();
    await mkdir(join(folder, 'empty'));
    const command =
      `'${process.execPath}' '${join(projectFolder, 'bin', 'asr.js')}` + "' new Patwa --references 'my text.txt'";
    const shown = await onTerminal(command, folder, [
      'empty',
      'LibriSpeech',
      'nowhere',
      'my text.txt',
      'magic',
      'letters',
    ]);
    expect(shown).toMatch(/Folder of sound:[^]*no sound file in it[^]*Text, one sentence a line:[^]*no such file/);
    expect(shown).toMatch(/no such file[^]*does not speak "Patwa"[^]*expected espeak, letters, phones[^]*Patwa\.yaml/);
    expect(await readFile(join(folder, 'Patwa.yaml'), 'utf8')).toMatch(
      /layout: librispeech[^]*pronunciation: letters[^]*references:/,
    );
  });
});

describe('asr new --ask', () => {
  it('takes the lines of a pipe as answers, and what was found where a line is empty', async () => {
    const folder = await corpus();
    const answers = ['', 'nowhere.txt', '', '', 'magic', 'letters', '', '', '', 'yes'];
    const input = new TextEncoder().encode(`${answers.join('\n')}\n`);
    const { code, stdout, stderr } = await asr(['new', '--ask'], { cwd: folder, input });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Folder of sound \[LibriSpeech\]:[^]*nowhere\.txt: no such file[^]*\[my text\.txt\]/);
    expect(stderr).toMatch(
      /Language[^\n]*\[es\]:[^]*expected one of espeak, letters, phones, lexicon[^]*18 recordings/,
    );
    expect(stdout).toMatch(/es\.yaml\n[^]*Next: asr check es\.yaml\n/);
    expect(await readFile(join(folder, 'es.yaml'), 'utf8')).toMatch(/layout: librispeech[^]*pronunciation: letters/);
  });

  it('writes nothing where the answers end, or the last one is no', async () => {
    const folder = await corpus();
    const ended = await asr(['new', '--ask'], { cwd: folder, input: new TextEncoder().encode('\n\n') });
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('nothing was written')]);
    const refused = await asr(['new', 'es', '--audio', 'LibriSpeech', '--text', 'my text.txt', '--ask'], {
      cwd: folder,
      input: new TextEncoder().encode('\n\n\n\nno\n'),
    });
    expect([refused.code, refused.stderr]).toEqual([130, expect.stringContaining('nothing was written')]);
    expect(existsSync(join(folder, 'es.yaml'))).toBe(false);
  });

  it.skipIf(!existsSync('/usr/bin/script'))('writes nothing at ctrl-C', async () => {
    const folder = await corpus();
    const command = `'${process.execPath}' '${join(projectFolder, 'bin', 'asr.js')}' new --ask`;
    const shown = await onTerminal(command, folder, ['', '\u0003'], 130);
    expect(shown).toMatch(/Text, one sentence[^]*interrupted; nothing was written/);
    expect(existsSync(join(folder, 'es.yaml'))).toBe(false);
  });
});

/** Gives each answer when a question stands on the last line: a terminal echoes, and readline starts late. */
async function onTerminal(command: string, cwd: string, answers: readonly string[], expected = 0): Promise<string> {
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const left = [...answers];
  let [shown, answered] = ['', 0];
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    // A question may be drawn twice; the next one stands on a line of its own.
    const question = stripVTControlCharacters(shown.slice(answered));
    if (!/\n[^\n]+: $|^[^\n]+: $/.test(question) || (answered > 0 && !question.includes('\n'))) return;
    answered = shown.length;
    terminal.stdin.write(`${left.shift() ?? ''}\n`);
  });
  const code = await new Promise((done) => terminal.once('close', done));
  expect(code, shown).toBe(expected);
  return shown;
}
