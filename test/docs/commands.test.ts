// Every command that a page shows is one that the program knows: its name, its options, the settings of --set, the
// scripts of npm and make, the benchmarks. What the block lines do is tried in test/e2e/docs.test.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/main.js';
import { editorSchema } from '../../src/recipe/configuration-page.js';
import { stageNames } from '../../src/stages.js';
import { projectFolder } from '../e2e/program.js';
import { asrCalls, markdownFiles, shownCommands, type ShownCommand } from './commands.js';

const commands = markdownFiles().flatMap(shownCommands);
const where = ({ file, line, text }: ShownCommand): string => `${file}:${line}: ${text}`;

/** What is wrong with one call of `asr`; an empty list where nothing is. */
function problemsOf(call: readonly string[], whole: boolean): string[] {
  const program = createProgram({ setExitCode: () => undefined });
  const under = (parent: Command, name: string | undefined): Command | undefined =>
    parent.commands.find((one) => one.name() === name || one.aliases().includes(name ?? ''));
  const top = under(program, call[0]);
  if (!top) return call[0]?.startsWith('-') === true ? [] : [`no command ${call[0]}`];
  const inner = under(top, call[1]);
  const command = inner ?? top;
  const rest = call.slice(inner ? 2 : 1);
  const problems: string[] = [];
  const known = [...command.options, ...program.options];
  const matches = (option: Option, flag: string): boolean => option.long === flag || option.short === flag;
  for (const [i, word] of rest.entries()) {
    if (!/^--?[a-z]/i.test(word)) continue;
    const [flag = ''] = word.split('=');
    if (flag !== '--help' && flag !== '--version' && !known.some((option) => matches(option, flag)))
      problems.push(`${command.name()} has no option ${flag}`);
    if (['--set', '--over'].includes(flag))
      problems.push(...settingProblem(rest[i + 1] ?? '', command.name(), rest[0]));
  }
  if (!whole || problems.length > 0) return problems;
  // Parsed as the program would, with nothing done at the end.
  command.action(() => undefined);
  program.configureOutput({ writeErr: (text) => problems.push(text.trim()), writeOut: () => undefined });
  for (const one of [program, ...program.commands, ...top.commands])
    one.exitOverride().configureOutput({ writeErr: (text) => problems.push(text.trim()), writeOut: () => undefined });
  try {
    program.parse([...call], { from: 'user' });
  } catch {
    /* what it wrote says it */
  }
  return problems;
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}

/** `--set key=value` of a recipe, or of one stage; the shapes of plug-ins and corpora are not known here. */
function settingProblem(assignment: string, command: string, first: string | undefined): string[] {
  const [key = ''] = assignment.split('=');
  if (/^(?:key|[A-Z]+)$/.test(key) || key.startsWith('plugins.') || key.startsWith('corpus.')) return [];
  if (command === 'pretrain' && key.startsWith('pretrain.')) return [];
  const path =
    command === 'stage' && stageNames.includes(first ?? '') ? [first as string, ...key.split('.')] : key.split('.');
  let schema: Schema | undefined = editorSchema();
  for (const part of path) schema = schema?.properties?.[part];
  return schema ? [] : [`no setting ${path.join('.')}`];
}

describe('commands of the documentation', () => {
  it('are found', () => {
    expect(markdownFiles().length).toBeGreaterThan(50);
    expect(commands.filter(({ kind }) => kind === 'block').length).toBeGreaterThan(80);
    expect(commands.filter(({ text }) => asrCalls(text).length > 0).length).toBeGreaterThan(150);
  });

  it('would be found out if they were wrong', () => {
    for (const [text, problem] of [
      ['asr rnu RECIPE', 'no command rnu'],
      ['asr run RECIPE --shards 3', 'run has no option --shards'],
      ['asr run RECIPE --set learn.sedes=3', 'no setting learn.sedes'],
      ['cat a | asr transcribe - --modell M', 'transcribe has no option --modell'],
      ['asr run', "error: missing required argument 'recipe'"],
    ])
      expect(asrCalls(text!).flatMap((call) => problemsOf(call, true))).toContain(problem);
  });

  it('are commands, options and settings of asr', () => {
    const wrong = commands.flatMap((shown) =>
      asrCalls(shown.text)
        .flatMap((call) => problemsOf(call, shown.kind === 'block'))
        .map((problem) => `${where(shown)}\n  ${problem}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are scripts of npm, targets of make, benchmarks', () => {
    const { scripts } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const makefile = readFileSync(join(projectFolder, 'Makefile'), 'utf8');
    const targets = /^\.PHONY: (.*)$/m.exec(makefile)?.[1]?.split(' ') ?? [];
    const benches = readFileSync(join(projectFolder, 'bench', 'main.ts'), 'utf8');
    const wrong = commands.filter(({ text }) => {
      const [, script, bench] = /^npm run (?:--silent )?([\w:-]+)(?: -- ([\w-]+))?/.exec(text) ?? [];
      if (script !== undefined && !(script in scripts)) return true;
      if (script === 'bench' && bench !== undefined && !benches.includes(`.command('${bench}'`)) return true;
      const [, target] = /^make ([\w-]+)/.exec(text) ?? [];
      if (target !== undefined && !targets.includes(target)) return true;
      const [, built] = /^node dist\/(\S+)\.js/.exec(text) ?? [];
      return built !== undefined && !existsSync(join(projectFolder, `${built}.ts`));
    });
    expect(wrong.map(where)).toEqual([]);
  });
});
