// `asr speakers`: recordings in, a table of who speaks when out, as the audio stage reads it (docs/speakers.md). What
// it says can be corrected by hand before anything learns from it.
import { dirname, extname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { engineOption, NumberOption } from './options.js';
import { mostSpeakers } from '../speakers/turns.js';
import { speakersOf } from './transcribe-options.js';
import type { Compute } from '../core/stage.js';

interface SpeakersOptions {
  readonly speakers: string;
  readonly speakerModel?: string;
  readonly out: string;
  readonly engine?: Compute['engine'];
}

export function addSpeakersCommand(program: Command, context: CommandContext): void {
  program
    .command('speakers')
    .description('who speaks when in recordings of several people: a table that recipes read (audio.layout=tsv)')
    .argument('<files...>', 'files, folders or patterns')
    .requiredOption('--out <file>', 'the table; its paths start where it stands')
    .addOption(
      new NumberOption('--speakers <number>', 'how many people speak in each recording, or auto', {
        least: 1,
        most: mostSpeakers,
        or: 'auto',
      }).default('auto'),
    )
    .option('--speaker-model <file>', 'ONNX: speech to a vector of who speaks, instead of statistics of voices')
    .addOption(engineOption())
    .action((files: string[], options: SpeakersOptions) => speakersCommand(files, options, context));
}

async function speakersCommand(
  named: readonly string[],
  options: SpeakersOptions,
  context: CommandContext,
): Promise<void> {
  const { held } = await import('../core/disposal.js');
  const { writeFileDurably } = await import('../core/durable.js');
  const { AsrError, exitCodes, itemProblem } = await import('../core/errors.js');
  const { createLog } = await import('../core/log.js');
  const { startProgress } = await import('../core/progress.js');
  const { computeSchema } = await import('../core/stage.js');
  const { safeId } = await import('../audio/ids.js');
  const { turnColumns, turnRows } = await import('../speakers/turns-table.js');
  const { expandInputs } = await import('../transcribe/inputs.js');
  const { vadConfig } = await import('../vad/config.js');
  const { createDetector } = await import('../vad/detector.js');
  const { withInterrupt } = await import('./interrupt.js');
  const speakers = await speakersOf(options);
  if (!speakers) throw new AsrError('internal', 'asr speakers: nobody was asked for');
  const table = resolve(options.out);
  const tell = (message: string): void => void process.stderr.write(`asr: ${message}\n`);
  let failed = 0;
  const files = await expandInputs(named, (_, { message }) => {
    failed++;
    tell(message);
  });
  const compute = computeSchema.parse(options.engine === undefined ? {} : { engine: options.engine });
  await using detector = held(await createDetector(vadConfig.parse({ method: 'silero' }), compute, '.'));
  const lines: string[] = [turnColumns.join('\t')];
  const progress = startProgress(createLog(), 'tell speakers', files.length, 'recordings');
  let people = 0;
  await withInterrupt(async (signal) => {
    for (const [i, file] of files.entries()) {
      signal.throwIfAborted();
      const path = relative(dirname(table), resolve(file));
      const id = safeId(path.slice(0, path.length - extname(path).length).replace(/^(\.\.[\\/])+/u, '')).replaceAll(
        /[\\/]/gu,
        '_',
      );
      try {
        if (/[\t\n]/u.test(path)) throw new AsrError('input', `${JSON.stringify(path)}: no table holds such a name`);
        const rows = await turnRows(file, { id, path }, detector, speakers, compute);
        people += new Set(rows.map(({ speaker }) => speaker)).size;
        for (const row of rows)
          lines.push([row.id, row.path, row.start.toFixed(3), row.end.toFixed(3), row.speaker].join('\t'));
      } catch (thrown) {
        failed++;
        tell(itemProblem(thrown).message);
      }
      progress.update(i + 1);
    }
  }, 'The same command begins anew.').finally(() => {
    progress.finish();
  });
  if (lines.length === 1)
    throw new AsrError('input', 'no recording in which anybody speaks', 'The reasons stand above.');
  await writeFileDurably(table, `${lines.join('\n')}\n`);
  const [turns, recordings] = [lines.length - 1, files.length === 1 ? 'a recording' : `${files.length} recordings`];
  process.stdout.write(
    `${options.out}: ${turns} turns of ${people} people in ${recordings}. Correct it where it is wrong; in a recipe ` +
      `beside it: audio: { layout: tsv, dir: ., table: ${relative(dirname(table), table)} }\n`,
  );
  if (failed > 0) context.setExitCode(exitCodes.partial);
}
