// The command line in, its manual page out (roff, section 1): what the help of each command says, in one page.
import type { Command } from 'commander';
import { exitCodes } from '../core/errors.js';

/** Signs that roff would take for its own. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

const environment: readonly (readonly [string, string])[] = [
  ['ASR_ALLOW_CODE', '1: as --allow-code for every command'],
  ['ASR_CORPORA', 'folder of corpora, for tests and the nightly suite'],
  ['ASR_DEBUG', 'set: errors also say where in the program they happened'],
  ['FFMPEG_PATH', 'the ffmpeg that decodes everything but plain wav'],
  ['HF_HOME, HF_HUB_CACHE', 'where asr fetch puts models and where they are found'],
  ['HF_ENDPOINT, HF_TOKEN', 'a mirror of the hub, and the token for models behind terms; for asr fetch alone'],
];

export function manPage(program: Command, version: string): string {
  return [
    `.\\" made of the help by package/assemble.js`,
    `.TH ASR 1 "" "${version}" "User commands"`,
    '.SH NAME',
    'asr \\- speech recognition that learns without transcripts',
    '.SH SYNOPSIS',
    '.B asr',
    '.I command',
    '[options]',
    '.SH DESCRIPTION',
    roff(program.description()),
    '.SH COMMANDS',
    ...program.commands.flatMap((command) => describe(command, 'asr')),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, text]) => ['.TP', `.B ${roff(name)}`, roff(text)]),
    '.SH EXIT STATUS',
    ...exits().flatMap(([code, names]) => ['.TP', `.B ${code}`, names]),
    '',
  ].join('\n');
}

/** Exit codes in order, each with the kinds of errors that end with it. */
function exits(): (readonly [number, string])[] {
  const codes = [...new Set(Object.values(exitCodes))].sort((a, b) => a - b);
  return codes.map((code) => [
    code,
    Object.entries(exitCodes)
      .filter(([, value]) => value === code)
      .map(([name]) => name)
      .join(', '),
  ]);
}

function describe(command: Command, before: string): string[] {
  if (command.commands.length > 0)
    return command.commands.flatMap((sub) => describe(sub, `${before} ${command.name()}`));
  const helper = command.createHelp();
  return [
    `.SS ${roff(`${before} ${command.name()} ${command.usage()}`)}`,
    roff(command.description()),
    ...helper
      .visibleArguments(command)
      .flatMap((argument) => entry(helper.argumentTerm(argument), helper.argumentDescription(argument))),
    ...helper
      .visibleOptions(command)
      .flatMap((option) => entry(helper.optionTerm(option), helper.optionDescription(option))),
  ];
}

const entry = (term: string, text: string): string[] => ['.TP', `.B ${roff(term)}`, roff(text)];
