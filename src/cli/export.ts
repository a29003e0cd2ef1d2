// `asr export`: a model folder as one ONNX file for browsers, phones and Python.
import type { Command } from 'commander';
import { emitJson, type JsonOption } from './options.js';

interface ExportOptions extends JsonOption {
  readonly output: string;
}

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write a model as one ONNX file: waveform in, phone posteriors and phones out (docs/export.md)')
    .argument('<model>', 'model folder, for instance runs/demo-es/bundle')
    .option('--output <file>', 'where to', 'model.onnx')
    .option('--json', 'one line of JSON: file, bytes')
    .action(async (model: string, { output, json }: ExportOptions) => {
      const { exportModel } = await import('../bundle/export.js');
      const { writeFileDurably } = await import('../core/durable.js');
      const bytes = await exportModel(model);
      await writeFileDurably(output, bytes);
      if (json) emitJson({ file: output, bytes: bytes.length });
      else process.stdout.write(`${output}: ${(bytes.length / 1e6).toFixed(1)} MB\n`);
    });
}
