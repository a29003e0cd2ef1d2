// `asr align`: a recording and its text in, words and phones with their times out.
import type { Command } from 'commander';
import { engineOption } from './options.js';
import type { Compute } from '../core/stage.js';

interface AlignCommandOptions {
  readonly model: string;
  readonly format: string;
  readonly outputDir?: string;
  readonly lexicon?: string;
  readonly language?: string;
  readonly phonetic?: boolean;
  readonly phones?: boolean;
  readonly engine?: Compute['engine'];
}

const examples = `
Formats: textgrid, eaf, ctm, json, srt, vtt, tsv (docs/align.md). TEXT is a file, an utterance a line.

Examples:
  asr align talk.wav talk.txt --model runs/demo-es > talk.TextGrid
  asr align talk.wav talk.txt --model M --format eaf,ctm --output-dir out
  asr align talk.wav phones.txt --model M --phonetic --format ctm --phones`;

export function addAlignCommand(program: Command): void {
  program
    .command('align')
    .description('find when each word and phone of a known text is spoken')
    .argument('<audio>', 'a sound file, or a video')
    .argument('<text>', 'a text file: what is said, an utterance a line')
    .requiredOption('--model <folder>', 'a run, for instance runs/demo-es, or a model folder')
    .option('--format <names>', 'one or several, separated by commas', 'textgrid')
    .option('--output-dir <folder>', 'one file per format, named after the recording')
    .option('--lexicon <file>', 'how words are said: lines "word<TAB>p h o n e s" of the model\'s phones')
    .option('--language <code>', 'eSpeak NG voice, for words that the model does not know')
    .option('--phonetic', 'the text is phones separated by spaces, with | between words')
    .option('--phones', 'phones also in formats that hold words or phones (ctm, srt, vtt, tsv)')
    .addOption(engineOption())
    .addHelpText('after', examples)
    .action((audio: string, text: string, options: AlignCommandOptions) => alignCommand(audio, text, options));
}

async function alignCommand(audio: string, textFile: string, options: AlignCommandOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { align } = await import('../align/align.js');
  const { written } = await import('../transcribe/formats/table.js');
  const { folderOutput } = await import('../transcribe/outputs.js');
  const { loadModel } = await import('../transcribe/model.js');
  const { formatsOf } = await import('./transcribe-options.js');
  const { withInterrupt } = await import('./interrupt.js');
  const formats = await formatsOf(options);
  const text = await readText(textFile);
  const output = options.outputDir === undefined ? undefined : await folderOutput(options.outputDir, formats, [audio]);
  await withInterrupt(async (signal) => {
    await using model = await loadModel(options.model, options.engine === undefined ? {} : { engine: options.engine });
    try {
      const { lexicon, language, phonetic } = options;
      const aligned = await align(model, audio, text, { name: audio, lexicon, language, phonetic, signal });
      if (aligned.warning !== undefined) process.stderr.write(`asr: warning: ${aligned.warning}\n`);
      const bare = phonetic === true && !text.includes('|');
      const { words, ...phonesAlone } = aligned;
      const shown = options.phones || bare || !words ? phonesAlone : aligned;
      if (output) await output.write(shown);
      else process.stdout.write(written(shown, formats[0] ?? 'textgrid'));
    } catch (error) {
      if (signal.aborted) throw new AsrError('interrupted', 'interrupted: nothing was written');
      throw error;
    }
  });
}

async function readText(path: string): Promise<string> {
  const { readFile, stat } = await import('node:fs/promises');
  const { AsrError, toAsrError } = await import('../core/errors.js');
  const { mostTextBytes } = await import('../align/align.js');
  const { refuseForm } = await import('../text/form.js');
  try {
    const { size } = await stat(path);
    if (size > mostTextBytes)
      throw new AsrError('input', `${path}: ${size} bytes are too many for one recording's text`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    refuseForm(text.split('\n'), path);
    return text;
  } catch (error) {
    if (error instanceof TypeError)
      throw new AsrError('input', `${path}: not UTF-8`, `Convert it: iconv -f latin1 -t utf-8 ${path}`);
    throw toAsrError(error);
  }
}
