// `asr export`: a model folder as one ONNX file for browsers, phones and Python; as a web page that runs by itself; or
// what a run recognised as a data set.
import type { Command } from 'commander';
import { emitJson, given, type JsonOption } from './options.js';

interface ExportOptions extends JsonOption {
  readonly output: string;
  readonly web?: string;
  readonly dataset?: string;
}

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write a model as one ONNX file or as a page for browsers, or what a run recognised as a data set')
    .argument('<model>', 'run or model folder, for instance runs/demo-es')
    .option('--output <file>', 'ONNX: waveform in, phone posteriors and phones out', 'model.onnx')
    .option('--web <folder>', 'instead: a folder for any file server; the page hears by itself, nothing is sent', given)
    .option(
      '--dataset <folder>',
      'instead, of a run: sound, transcripts and times for lhotse, Kaldi, Hugging Face datasets; units and centroids',
      given,
    )
    .option('--json', 'one line of JSON: file or folder, bytes')
    .action(exportCommand);
}

async function exportCommand(model: string, { output, web, dataset, json }: ExportOptions): Promise<void> {
  if (dataset !== undefined) return writeDataset(model, dataset, json);
  if (web !== undefined) {
    const { exportWeb } = await import('../web/export-web.js');
    const made = await exportWeb(model, web);
    if (json) emitJson({ ...made });
    else
      process.stdout.write(
        `${web}: ${made.files} files, ${(made.bytes / 1e6).toFixed(1)} MB; ` +
          `give it to a web server, for instance: python3 -m http.server --bind 127.0.0.1 --directory ${web}\n`,
      );
    return;
  }
  const { exportModel } = await import('../bundle/export.js');
  const { writeFileDurably } = await import('../core/durable.js');
  const bytes = await exportModel(model);
  await writeFileDurably(output, bytes);
  if (json) emitJson({ file: output, bytes: bytes.length });
  else process.stdout.write(`${output}: ${(bytes.length / 1e6).toFixed(1)} MB\n`);
}

async function writeDataset(run: string, folder: string, json: boolean | undefined): Promise<void> {
  const { exportDataset } = await import('../dataset/export.js');
  const { utterances, seconds, units } = await exportDataset(run, folder);
  if (json) emitJson({ folder, utterances, seconds, units });
  else
    process.stdout.write(
      `${folder}: ${utterances} utterances, ${(seconds / 60).toFixed(1)} minutes, units of ${units}; README.md in it ` +
        'says who reads which part\n',
    );
}
