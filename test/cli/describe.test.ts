// What is made from the command line itself: the scripts for shells and the manual page. Bash tries its script out.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.js';
import { createProgram } from '../../src/cli/main.js';
import { manPage } from '../../src/cli/man-page.js';

const program = createProgram({ setExitCode: () => undefined });
const values = { recipe: ['demo-es', 'mboshi'], stage: ['audio', 'vad'] };
const all = (command: Command): Command[] => command.commands.flatMap((sub) => [sub, ...all(sub)]);
const folder = mkdtempSync(join(tmpdir(), 'asr-completion-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.each(['bash', 'zsh', 'fish'] as const)('the script for %s', (shell) => {
  it('knows every command and every option', () => {
    const script = completionScript(program, shell, values);
    for (const command of all(program)) {
      expect(script).toContain(command.name());
      for (const { long, hidden } of command.options)
        if (!hidden) expect(script).toContain(shell === 'fish' ? `-l ${long!.slice(2)}` : long);
    }
  });
});

function completed(...words: string[]): string[] {
  const file = join(folder, 'asr.bash');
  writeFileSync(file, completionScript(program, 'bash', values));
  const script = `source ${file}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _asr; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const found = execFileSync('bash', ['-c', script, 'bash', 'asr', ...words], { cwd: folder, encoding: 'utf8' });
  return found.split('\n').filter((line) => line !== '');
}

describe('in bash', () => {
  it.each([
    [['tr'], ['transcribe', 'translate', 'trace']],
    [['lm', 'per'], ['perplexity']],
    [['lm', 'perplexity', '--l'], ['--lm']],
    [['run', 'mb'], ['mboshi']],
    [
      ['stage', 'a'],
      ['audio', 'asr.bash'],
    ],
    [['run', '--engine', 'w'], ['webgpu']],
    [['completion', 'f'], ['fish']],
    [['transcribe', 'asr.b'], ['asr.bash']],
  ])('asr %s', (words, expected) => {
    expect(completed(...words)).toEqual(expected);
  });
});

it('the manual page has every command with its options', () => {
  const page = manPage(program, 'asr 1.2.3');
  expect(page).toMatch(/^\.TH ASR 1 "" "asr 1\.2\.3"/m);
  for (const command of all(program).filter((one) => one.commands.length === 0)) {
    expect(page).toMatch(new RegExp(`^\\.SS asr .*${command.name()}`, 'm'));
    for (const { long, hidden } of command.options) if (!hidden) expect(page).toContain(long!.replaceAll('-', '\\-'));
  }
  // Lines that begin with a dot are for roff alone.
  expect(page.split('\n').filter((line) => /^[.'](?!TH|SH|SS|TP|B|I|\\")/.test(line))).toEqual([]);
});
