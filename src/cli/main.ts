// The command line: one file per command, loaded only when it is asked for. Results go to stdout, the log to
// stderr; the exit code follows the kind of error (docs/errors.md).
import { Command, CommanderError, Option } from 'commander';
import { toAsrError, type AsrError } from '../core/errors.js';
import { nearestName } from '../core/nearest.js';
import { programVersion } from '../core/version.js';
import { addAlignCommand } from './align.js';
import { addCheckCommand } from './check.js';
import { addClassifyCommand } from './classify.js';
import { addClimbCommand } from './climb.js';
import { addCompletionCommand } from './completion.js';
import { addDecodeCommand } from './decode.js';
import { addDemoCommand } from './demo.js';
import { addExportCommand } from './export.js';
import { addFetchCommand } from './fetch.js';
import { addForgetCommand } from './forget.js';
import { addGcCommand } from './gc.js';
import { addLmCommand } from './lm.js';
import { addNewCommand } from './new.js';
import { addPhonemiseCommand } from './phonemise.js';
import { addPhonesCommand } from './phones.js';
import { addPluginsCommand } from './plugins.js';
import { addPretrainCommand } from './pretrain.js';
import { addProbeCommand } from './probe.js';
import { addRegressCommand } from './regress.js';
import { addReportCommand } from './report.js';
import { addRunCommand } from './run.js';
import { addRunsCommand } from './runs.js';
import { addScoreCommand } from './score.js';
import { addServeCommand } from './serve.js';
import { addSpeakersCommand } from './speakers.js';
import { addStageCommand } from './stage.js';
import { addTraceCommand } from './trace.js';
import { addUnitsCommand } from './units.js';
import { addTranscribeCommand } from './transcribe.js';
import { addTranslateCommand } from './translate.js';
import type { CommandContext } from './context.js';
import { endWithoutWord, sayInterruptions } from './interrupt.js';
import { watchOutput } from './output-errors.js';

const overview = `
Start here:
  asr demo                                    learn to recognise synthetic speech, in minutes
  asr new sw --audio FOLDER --text FILE       write a recipe for a language
  asr check RECIPE                            what is wrong with it, before the night is spent
  asr run RECIPE                              run it
  asr transcribe talk.wav --model FOLDER      turn sound into phones with times
  asr run RECIPE --dry-run                    what would run, and why`;

/** Commands that read a recipe, and with it what the recipe uses. */
const withRecipes = ['run', 'check', 'climb', 'pretrain', 'phones', 'phonemise', 'score', 'regress', 'plugins'];

/** The whole command line, for whoever runs or describes it. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('asr')
    .description(
      'Speech recognition that learns without transcripts: untranscribed ' +
        'audio and unrelated text in, a recogniser out.',
    )
    .version(programVersion)
    .addHelpText('after', overview)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();
  for (const add of [
    addDemoCommand,
    addNewCommand,
    addFetchCommand,
    addRunCommand,
    addStageCommand,
    addTranscribeCommand,
    addServeCommand,
    addAlignCommand,
    addSpeakersCommand,
    addClassifyCommand,
    addTranslateCommand,
    addExportCommand,
    addScoreCommand,
    addDecodeCommand,
    addPhonesCommand,
    addPhonemiseCommand,
    addLmCommand,
    addReportCommand,
    addTraceCommand,
    addRegressCommand,
    addClimbCommand,
    addPluginsCommand,
    addPretrainCommand,
    addProbeCommand,
    addUnitsCommand,
    addRunsCommand,
    addGcCommand,
    addForgetCommand,
    addCheckCommand,
    addCompletionCommand,
  ])
    add(program, context);
  for (const command of program.commands) {
    command.exitOverride();
    for (const leaf of [command, ...command.commands]) if (leaf.commands.length === 0) refuseUnknownFirst(leaf);
  }
  for (const name of withRecipes)
    program.commands
      .find((command) => command.name() === name)
      ?.option('--allow-code', 'load the modules that the recipe uses: programs, with your rights (docs/plugins.md)');
  // Nothing but asr fetch uses the network; who says so anyway is not told that the option is unknown.
  for (const command of [...program.commands, ...program.commands.flatMap((group) => group.commands)])
    if (command.name() !== 'fetch')
      command.addOption(new Option('--offline', 'use no network; no command but asr fetch does').hideHelp());
  program.hook('preAction', async (_, command) => {
    if (command.opts<{ allowCode?: boolean }>().allowCode === true) (await import('../recipe/use.js')).permitCode();
  });
  return program;
}

/** A misspelt option is told of as such; Commander by itself would sooner miss the one that was meant. */
function refuseUnknownFirst(command: Command): void {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => {
    const parsed = parse(args);
    const [flag] = parsed.unknown;
    if (flag === undefined || parsed.unknown.some((word) => word === '-h' || word === '--help')) return parsed;
    const known = command.createHelp().visibleOptions(command);
    const near = nearestName(flag, [...known.flatMap(({ long }) => long ?? []), '--version']);
    const meant = near === undefined || !flag.startsWith('--') ? '' : `\n(Did you mean ${near}?)`;
    return command.error(`error: unknown option '${flag}'${meant}`, { code: 'commander.unknownOption' });
  };
}

/** Runs one command. @param args without the program's own name. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const context: CommandContext = {
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  const program = createProgram(context);
  const outputFailure = watchOutput(printError);
  sayInterruptions();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return outputFailure() ?? exitCode;
  } catch (thrown) {
    await new Promise(setImmediate); // a failed write rejects before its stream says so
    const failed = outputFailure();
    if (failed !== undefined) return failed;
    // Commander has already printed help or its own message.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = toAsrError(thrown);
    printError(error);
    return error.exitCode;
  } finally {
    endWithoutWord();
  }
}

function printError(error: AsrError): void {
  process.stderr.write(`asr: ${error.message}\n`);
  if (error.hint !== undefined) process.stderr.write(`     ${error.hint}\n`);
  if (process.env['ASR_DEBUG'] !== undefined)
    process.stderr.write(`${error.stack ?? ''}\n${String((error.cause as Error | undefined)?.stack ?? '')}\n`);
}
