// `asr transcribe`: sound files in, transcripts out. One bad file of many is reported and the rest are done.
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { collect, emitJson, engineOption, NumberOption } from './options.js';
import { mostSpeakers } from '../speakers/turns.js';
import { formatsOf, speakersOf, wantsPhones, writeOut, type TranscribeFlags } from './transcribe-options.js';
import type { AsrError as AnyAsrError } from '../core/errors.js';
import type { ModelRecord } from '../bundle/model-record.js';
import type { Output } from '../transcribe/outputs.js';
import type { Transcript } from '../transcribe/transcript.js';

const examples = `
Formats: text, json, srt, vtt, ctm, textgrid, eaf, tsv (docs/transcribe.md).

Examples:
  asr transcribe talk.wav --model M                               one line of text
  asr transcribe talk.mp4 --model M --format srt > talk.srt       subtitles for a video
  asr transcribe 'radio/**/*.mp3' --model M --format json,vtt --output-dir out --jobs 4
  arecord -f S16_LE -r 16000 | asr transcribe --live - --model M  while it is said
  asr transcribe --watch inbox --model M --beside --format eaf    what is put there from now on
  ffmpeg -i rtsp://… -t 60 -f wav - | asr transcribe - --model M --format json

Exit code: 0 all done, 3 some files could not be transcribed (the rest were), 130 interrupted.`;

export function addTranscribeCommand(program: Command, context: CommandContext): void {
  program
    .command('transcribe')
    .description('turn sound files, or the sound of videos, into text with times')
    .argument('[files...]', 'files, folders or patterns; - reads standard input')
    .requiredOption('--model <folder>', 'a run, for instance runs/demo-es, or a model folder')
    .option('--format <names>', 'one or several, separated by commas (default: text)')
    .option('--output-dir <folder>', 'one file per recording and format, named after the recording')
    .option('--tree', 'folders in --output-dir like those of the recordings')
    .option('--beside', 'each output beside its recording')
    .option('--watch <folder>', 'transcribe what is put there, until ctrl-C; with --beside or --output-dir')
    .addOption(
      new NumberOption('--jobs <number>', 'files at once; each needs the memory of a model', {
        least: 1,
        most: 256,
      }).default('1'),
    )
    .addOption(engineOption())
    .option('--skip-existing', 'leave out recordings whose output is in --output-dir already')
    .option('--phones', 'write phones, also where the model gives words')
    .option('--words', 'write words, also where the card of the model says that they are bad')
    .option(
      '--use <module>',
      'load a plug-in, for a format or a front end of its own; a program; may be repeated',
      collect,
      [],
    )
    .addOption(
      new NumberOption(
        '--speakers <number>',
        'who speaks, as well: how many people there are, or auto (docs/speakers.md)',
        { least: 1, most: mostSpeakers, or: 'auto' },
      ),
    )
    .option('--speaker-model <file>', 'ONNX: speech to a vector of who speaks, instead of statistics of voices')
    .option('--live', 'standard input while it comes: text at once, final at each pause; with --json as lines of JSON')
    .option(
      '--input <kind>',
      'with --live: raw (bare samples), container, or auto, which looks at the first bytes',
      'auto',
    )
    .addOption(
      new NumberOption('--rate <hz>', 'with --live: of bare samples, which are 16-bit little-endian', {
        least: 1000,
        most: 768_000,
      }).default('16000'),
    )
    .addOption(
      new NumberOption('--channels <number>', 'with --live: of bare samples, interleaved', {
        least: 1,
        most: 64,
      }).default('1'),
    )
    .option('--times', 'short for --format tsv')
    .option('--json', 'short for --format json')
    .addHelpText('after', examples)
    .action((files: string[], options: TranscribeFlags) =>
      options.live
        ? import('./transcribe-live.js').then(({ liveCommand }) => liveCommand(files, options))
        : transcribeCommand(files, options, context),
    );
}

async function transcribeCommand(
  named: readonly string[],
  options: TranscribeFlags,
  context: CommandContext,
): Promise<void> {
  const { AsrError, exitCodes } = await import('../core/errors.js');
  const { expandInputs } = await import('../transcribe/inputs.js');
  const { checkOutputs, filesOutput } = await import('./transcribe-places.js');
  const { watchFolder } = await import('./transcribe-watch.js');
  const { createTranscriber } = await import('../transcribe/transcriber.js');
  const { fileSizes, transcribeBatch } = await import('../transcribe/batch.js');
  const { createLog } = await import('../core/log.js');
  const { startProgress } = await import('../core/progress.js');
  const { withInterrupt } = await import('./interrupt.js');

  checkOutputs(options, named);
  if (options.use.length > 0) {
    const { loadPlugins, modulePath } = await import('../plugins/load.js');
    const here = join(process.cwd(), 'here');
    await loadPlugins(options.use.map((module) => modulePath(module, here)));
    if (options.jobs !== '1')
      throw new AsrError('usage', '--use goes with one job', 'Leave --jobs out: plug-ins are loaded by one process.');
  }
  const formats = await formatsOf(options);
  const speakers = await speakersOf(options);
  const jobs = Number(options.jobs);
  const toFiles = options.outputDir !== undefined || options.beside === true;
  if (options.watch !== undefined)
    return watchFolder(
      { ...options, watch: options.watch },
      { formats, jobs, speakers, unitOf: (record) => tokenUnit(options, record) },
    );
  let failed = 0;
  const onFailure = (file: string, { code, message, hint }: AnyAsrError): void => {
    clearBar();
    failed++;
    process.stderr.write(`asr: ${message}\n${hint === undefined ? '' : `     ${hint}\n`}`);
    if (!toFiles && formats[0] === 'json') emitJson({ schema: 1, file, error: message, code });
  };
  const all = await expandInputs(named, onFailure);
  const output = toFiles
    ? await filesOutput(options, formats, all, named)
    : await standardOutput(formats, all.length > 1);
  const files: string[] = [];
  for (const file of all) if (!options.skipExisting || !(await output.has(file))) files.push(file);
  if (files.length === 0) {
    process.stderr.write(`asr: all ${all.length} recordings are transcribed already\n`);
    if (failed > 0) context.setExitCode(exitCodes.partial);
    return;
  }

  await withInterrupt(async (signal) => {
    const sizes = await fileSizes(files);
    const transcriber = await createTranscriber(options.model, {
      ...{ jobs: Math.min(jobs, files.length), engine: options.engine, speakers },
    });
    const unit = await tokenUnit(options, transcriber.record);
    const judged = transcriber.record.verdict;
    if (judged && judged.verdict !== 'converged')
      process.stderr.write(`asr: warning: the learning of this model is ${judged.verdict}: ${judged.reason}\n`);
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
    const progress = startProgress(createLog(), 'transcribe', megabytes(total), 'MB');
    let done = 0;
    const note = (): string => (files.length > 1 ? `${done}/${files.length} files` : '');
    try {
      await transcribeBatch(transcriber, files, sizes, {
        jobs,
        signal,
        onProgress: (bytes) => {
          progress.update(megabytes(bytes), note());
        },
        onTranscript: async (transcript) => {
          clearBar();
          if (transcript.warning !== undefined)
            process.stderr.write(`asr: warning: ${JSON.stringify(transcript.file)}: ${transcript.warning}\n`);
          await output.write(unit(transcript));
          done++;
        },
        onFailure,
        onStopped: async (part) => {
          clearBar();
          process.stderr.write(`asr: warning: ${JSON.stringify(part.file)}: ${part.warning ?? ''}\n`);
          await output.write(unit(part), true);
        },
      });
      if (failed === 0) return;
      if (done + failed > 1)
        process.stderr.write(`asr: ${failed} of ${done + failed} files could not be transcribed\n`);
      context.setExitCode(exitCodes.partial);
    } catch (error) {
      if (signal.aborted)
        throw new AsrError(
          'interrupted',
          `interrupted: ${done} of ${files.length} files are done`,
          !toFiles ? 'The same command starts again.' : 'The same command with --skip-existing continues.',
        );
      throw error;
    } finally {
      progress.finish();
      await transcriber.dispose();
    }
  });
}

/**
 * What is written: phones alone where words were not asked for and are bad. JSON holds everything but unwanted words.
 */
async function tokenUnit(
  options: TranscribeFlags,
  record: ModelRecord,
): Promise<(transcript: Transcript) => Transcript> {
  const { withoutWords } = await import('../transcribe/transcript.js');
  const formats = await formatsOf(options);
  return (await wantsPhones(options, record, formats.includes('json'))) ? withoutWords : (transcript) => transcript;
}

/** Text on a terminal would land inside the bar; the bar draws itself again. */
function clearBar(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

async function standardOutput(names: readonly string[], several: boolean): Promise<Output> {
  const { AsrError } = await import('../core/errors.js');
  const { formatOf } = await import('../transcribe/formats/table.js');
  const { streamOutput } = await import('../transcribe/outputs.js');
  const name = names[0] ?? 'text';
  if (several && !formatOf(name).joins)
    throw new AsrError('usage', `several recordings cannot share one ${name} output`, 'Add --output-dir FOLDER.');
  return streamOutput(writeOut, name, several);
}
