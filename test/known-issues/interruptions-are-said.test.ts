// Commands that do not stop half-way themselves (`asr probe`, `asr lm`, `asr score` …) ended at ctrl-C without a word,
// and left their temporary folders behind; loops over many n-grams, triples of phones or cuts did not hear it at all.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/main.js';
import { Turns } from '../../src/core/event-loop.js';
import { Rng } from '../../src/core/rng.js';
import { toArpa } from '../../src/lm/arpa.js';
import { estimateLm } from '../../src/lm/estimate.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { pieceCosts } from '../../src/segments/least-squares.js';
import { findPenalty } from '../../src/segments/penalty.js';
import { speakLines } from '../../recipes/demo-es/speak.js';
import { asr, projectFolder } from '../e2e/program.js';
import { temporaryFolder } from '../temporary-folder.js';

const said = 'asr: interrupted\n     The same command begins anew.\n';

/** The program's own entry with every command's action replaced by one that waits. */
const waiting = `
import { Command } from 'commander';
const action = Command.prototype.action;
Command.prototype.action = function () {
  return action.call(this, () => {
    process.stdout.write('waits');
    return new Promise((resume) => setTimeout(resume, 60_000));
  });
};
const { main } = await import(process.argv[1]);
process.exitCode = await main(process.argv.slice(2));
`;

/** @returns what it said when it was interrupted */
function interrupted(args: readonly string[], signal: NodeJS.Signals): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const entry = join(projectFolder, 'dist', 'src', 'cli', 'main.js');
    const child = spawn(process.execPath, ['--input-type=module', '-e', waiting, entry, ...args], {
      cwd: projectFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.once('data', () => child.kill(signal));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}

describe('every command says that it was interrupted', () => {
  const program = createProgram({ setExitCode: () => undefined });
  const commands = program.commands.flatMap((one) =>
    one.commands.length > 0 ? one.commands.map((inner) => [one.name(), inner] as const) : [['', one] as const],
  );

  it.each(commands.map(([group, command]) => [`${group} ${command.name()}`.trim(), command] as const))(
    'asr %s',
    { timeout: 60_000 },
    async (name, command) => {
      const needed = command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long ?? '', 'x']);
      const values = command.registeredArguments.map(({ argChoices }) => argChoices?.[0] ?? 'x');
      const { code, text } = await interrupted([...name.split(' '), ...values, ...needed], 'SIGINT');
      expect(text).toBe(said);
      expect(code).toBe(130);
    },
  );

  it('at SIGTERM, too', { timeout: 60_000 }, async () => {
    expect(await interrupted(['runs'], 'SIGTERM')).toEqual({ code: 130, text: said });
  });
});

it('takes its temporary folder along', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder();
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const text = join(folder, 'text.txt');
  const rng = Rng.fromSeed(3);
  const words = (): string => Array.from({ length: 12 }, () => `w${rng.integer(30_000)}`).join(' ');
  await writeFile(text, Array.from({ length: 100_000 }, words).join('\n'));
  const { code, stderr } = await asr(['lm', 'estimate', text, '--out', join(folder, 'lm.arpa'), '--order', '4'], {
    env: { ...process.env, TMPDIR: temporary },
    interruptWhen: () => readdirSync(temporary).length > 0,
  });
  expect({ code, stderr }).toEqual({ code: 130, stderr: said });
  expect(await readdir(temporary)).toEqual([]);
});

it.skipIf(process.platform === 'win32')('also where a pipe never answers', { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  const [pipe, lm] = [join(folder, 'pipe.txt'), join(folder, 'lm.arpa')];
  execFileSync('mkfifo', [pipe]);
  await writeFile(lm, toArpa(estimateNgram([['a', 'b']], { order: 2 })));
  const begun = Date.now();
  const { stderr, code } = await asr(['lm', 'perplexity', pipe, '--lm', lm], {
    interruptWhen: () => Date.now() - begun > 2000,
  });
  expect(stderr).toBe(said);
  expect([130, null]).toContain(code); // ended by the signal itself
});

it('a temporary folder that is not there is named, with what to do', async () => {
  const folder = await temporaryFolder();
  const text = join(folder, 'text.txt');
  await writeFile(text, 'a b\n');
  const { code, stderr } = await asr(['lm', 'estimate', text, '--out', join(folder, 'lm.arpa')], {
    env: { ...process.env, TMPDIR: join(folder, 'nowhere') },
  });
  expect(code).toBe(5);
  expect(stderr).toMatch(/nowhere: no folder for temporary files can be made there \(ENOENT\)\n {5}Set TMPDIR/u);
});

describe('loops over many small items hear it', () => {
  const aborted = AbortSignal.abort(new Error('ctrl-C'));
  it('counting n-grams', async () => {
    const rng = Rng.fromSeed(4);
    const sentences = Array.from({ length: 40_000 }, () => Array.from({ length: 12 }, () => `w${rng.integer(9000)}`));
    await expect(estimateLm(sentences, { order: 3, signal: aborted })).rejects.toThrow('ctrl-C');
  });

  it('looking for the penalty of a segment', async () => {
    const one = pieceCosts(new Float32Array(8000).fill(1), 2000, 4, new Float32Array(4).fill(1), {
      minFrames: 2,
      maxFrames: 200,
    });
    const many = Array.from({ length: 2000 }, () => one);
    await expect(findPenalty(many, 1e5, { signal: aborted })).rejects.toThrow('ctrl-C');
  });

  it('speaking the corpus of the demo', async () => {
    const lines = Array.from({ length: 3 }, () => ({ text: 'hola', voice: { name: 'es', rate: 160, pitch: 50 } }));
    expect(await speakLines(lines)).toHaveLength(3);
    await expect(speakLines(lines, aborted)).rejects.toThrow('ctrl-C');
  });

  it('and ask for a turn now and then', async () => {
    const turns = new Turns();
    expect(turns.due).toBe(false);
    while (!turns.due);
    await turns.give();
    expect(turns.due).toBe(false);
  });
});
