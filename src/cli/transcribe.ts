// `asr transcribe`: sound files in, transcripts out. One bad file of many is reported and the rest are done.
import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { emitJson, engineOption, type JsonOption } from './options.js';
import type { AsrError as AnyAsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import type { ModelRecord } from '../bundle/model-folder.js';
import type { Output } from '../transcribe/outputs.js';
import type { FormatName } from '../transcribe/formats/table.js';
import type { Transcript } from '../transcribe/transcript.js';

export interface TranscribeOptions extends JsonOption {
  readonly model: string;
  readonly format?: string;
  readonly outputDir?: string;
  readonly beside?: boolean;
  readonly tree?: boolean;
  readonly watch?: string;
  readonly times?: boolean;
  readonly phones?: boolean;
  readonly words?: boolean;
  readonly jobs: string;
  readonly skipExisting?: boolean;
  readonly engine?: Compute['engine'];
}

const examples = `
Formats: text, json, srt, vtt, ctm, textgrid, eaf, tsv (docs/transcribe.md).

Examples:
  asr transcribe talk.wav --model M                               one line of text
  asr transcribe talk.mp4 --model M --format srt > talk.srt       subtitles for a video
  asr transcribe 'radio/**/*.mp3' --model M --format json,vtt --output-dir out --jobs 4
  asr transcribe --watch inbox --model M --beside --format eaf     what is put there from now on
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
    .option('--jobs <number>', 'files at once; each needs the memory of a model', '1')
    .addOption(engineOption())
    .option('--skip-existing', 'leave out recordings whose output is in --output-dir already')
    .option('--phones', 'write phones, also where the model gives words')
    .option('--words', 'write words, also where the card of the model says that they are bad')
    .option('--times', 'short for --format tsv')
    .option('--json', 'short for --format json')
    .addHelpText('after', examples)
    .action((files: string[], options: TranscribeOptions) => transcribeCommand(files, options, context));
}

async function transcribeCommand(
  named: readonly string[],
  options: TranscribeOptions,
  context: CommandContext,
): Promise<void> {
  const { AsrError, exitCodes } = await import('../core/errors.js');
  const { expandInputs } = await import('../transcribe/inputs.js');
  const { checkPlaces, filesOutput } = await import('./transcribe-places.js');
  const { watchFolder } = await import('./transcribe-watch.js');
  const { createTranscriber } = await import('../transcribe/transcriber.js');
  const { fileSizes, transcribeBatch } = await import('../transcribe/batch.js');
  const { createLog } = await import('../core/log.js');
  const { startProgress } = await import('../core/progress.js');
  const { withInterrupt } = await import('./interrupt.js');

  const formats = await formatsOf(options);
  const toFiles = options.outputDir !== undefined || options.beside === true;
  const jobs = Number(options.jobs);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 256)
    throw new AsrError('usage', `--jobs ${options.jobs}: expected a whole number from 1 to 256`);
  checkPlaces(options, named);
  if (options.watch !== undefined)
    return watchFolder(
      { ...options, watch: options.watch },
      { formats, jobs, unitOf: (record) => tokenUnit(options, record) },
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
    const transcriber = await createTranscriber(options.model, Math.min(jobs, files.length), options.engine);
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

/** What is written: phones alone where words were not asked for and are bad. JSON holds everything. */
async function tokenUnit(
  { phones, words, ...options }: TranscribeOptions,
  record: ModelRecord,
): Promise<(transcript: Transcript) => Transcript> {
  const { AsrError } = await import('../core/errors.js');
  const { showsWords } = await import('../bundle/card.js');
  if (phones && words) throw new AsrError('usage', '--phones and --words: only one of them');
  const formats = await formatsOf(options);
  if (words && record.decode.method !== 'words')
    throw new AsrError(
      'usage',
      `${options.model}: this model knows no words`,
      'It was made from a text of phones, or decodes phones (decode.method).',
    );
  const byPhones = phones ?? (!words && !showsWords(record));
  if (!byPhones || (!phones && formats.includes('json'))) return (transcript) => transcript;
  return (transcript) => {
    const { words: unwanted, ...rest } = transcript;
    return unwanted ? rest : transcript;
  };
}

/** Text on a terminal would land inside the bar; the bar draws itself again. */
function clearBar(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

async function formatsOf({ format, json, times, outputDir, beside }: TranscribeOptions): Promise<FormatName[]> {
  const { formatNamesOf } = await import('./formats.js');
  const names = [format ?? '', ...(json ? ['json'] : []), ...(times ? ['tsv'] : [])].join(',');
  return formatNamesOf(/[^,\s]/u.test(names) ? names : 'text', outputDir !== undefined || beside === true);
}

async function standardOutput(names: readonly FormatName[], several: boolean): Promise<Output> {
  const { AsrError } = await import('../core/errors.js');
  const { formats } = await import('../transcribe/formats/table.js');
  const { streamOutput } = await import('../transcribe/outputs.js');
  const name = names[0] as FormatName;
  if (several && !formats[name].joins)
    throw new AsrError('usage', `several recordings cannot share one ${name} output`, 'Add --output-dir FOLDER.');
  const write = (text: string): Promise<void> =>
    new Promise((done, fail) => {
      process.stdout.write(text, (error) => {
        if (error) fail(error);
        else done();
      });
    });
  return streamOutput(write, name, several);
}
