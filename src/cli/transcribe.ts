// `asr transcribe`: sound files in, phones out. One bad file of many is reported and the rest are done.
import type { Command } from 'commander';
import type { CommandContext } from './main.js';
import { emitJson, type JsonOption } from './options.js';

interface TranscribeOptions extends JsonOption {
  readonly model: string;
  readonly times?: boolean;
}

export function addTranscribeCommand(program: Command, context: CommandContext): void {
  program.command('transcribe')
    .description('turn sound files into phones')
    .argument('<files...>', 'sound files of any common format')
    .requiredOption('--model <folder>', 'model folder, for instance runs/demo-es/bundle')
    .option('--times', 'one line per phone: file, start, end (seconds), phone')
    .option('--json', 'one line of JSON per file')
    .action((files: string[], options: TranscribeOptions) => transcribeCommand(files, options, context));
}

async function transcribeCommand(files: readonly string[], options: TranscribeOptions, context: CommandContext): Promise<void> {
  const { isFatal, toAsrError, exitCodes } = await import('../core/errors.js');
  const { loadModel } = await import('../transcribe/model.js');
  const { transcribeFile } = await import('../transcribe/transcribe.js');
  const model = await loadModel(options.model);
  let failed = 0;
  try {
    for (const file of files) {
      try {
        printTranscript(await transcribeFile(model, file), options, files.length > 1);
      } catch (thrown) {
        const error = toAsrError(thrown);
        if (isFatal(error)) throw error;
        failed++;
        process.stderr.write(`asr: ${error.message}\n${error.hint === undefined ? '' : `     ${error.hint}\n`}`);
        if (options.json) emitJson({ file, error: error.message });
      }
    }
  } finally {
    await model.dispose();
  }
  if (failed === 0) return;
  if (files.length > 1) process.stderr.write(`asr: ${failed} of ${files.length} files could not be transcribed\n`);
  context.setExitCode(exitCodes.partial);
}

function printTranscript(transcript: import('../transcribe/transcribe.js').Transcript, options: TranscribeOptions, named: boolean): void {
  if (options.json) return emitJson(transcript);
  if (options.times) {
    for (const { phone, start, end } of transcript.phones) process.stdout.write(`${transcript.file}\t${start.toFixed(3)}\t${end.toFixed(3)}\t${phone}\n`);
    return;
  }
  const phones = transcript.phones.map(({ phone }) => phone).join(' ');
  process.stdout.write(`${named ? `${transcript.file}: ` : ''}${phones}\n`);
}
