// The commands that measure encoders: against PyTorch and onnxruntime, of published shapes, and in a bundle.
import type { Command } from 'commander';
import type { Precision } from '../src/encoders/precision.js';
import { common, computeOf, print, show, type Common } from './command-line.js';
import { benchEncoder } from './encoder.js';
import { benchBundle, benchShapes } from './encoder-shapes.js';
import type { ShapeName } from './random-checkpoint.js';

const shaped = (command: Command): Command =>
  common(command)
    .option('--shape <name>', 'base or large', 'base')
    .option('--blocks <n>', 'blocks that are run', '12')
    .option('--precision <name>', 'stored (float32), float16 or int8', 'stored');
interface Shaped extends Common {
  shape: ShapeName;
  blocks: string;
  precision: Precision;
}

export function addEncoderCommands(program: Command): void {
  common(
    program
      .command('encoder')
      .description('extraction with an encoder of the size of wav2vec 2.0 base against PyTorch'),
  )
    .option('--sessions <n>', 'encoders side by side', '1')
    .option('--seconds <list>', 'lengths of utterances', '5,15,30')
    .option('--rounds <n>', 'measurements, of which the median counts', '3')
    .action(async (options: Common & { sessions: string; seconds: string; rounds: string }) => {
      await show(
        benchEncoder({
          compute: computeOf(options),
          sessions: Number(options.sessions),
          seconds: options.seconds.split(',').map(Number),
          rounds: Number(options.rounds),
          peer: options.peer,
        }),
        options.json,
      );
    });
  shaped(
    program
      .command('encoder-shapes')
      .description('our graphs of published checkpoints (random weights) against PyTorch with its fused attention'),
  )
    .option('--seconds <list>', 'lengths of utterances', '10,60')
    .option('--rounds <n>', 'measurements, of which the median counts', '3')
    .action((options: Shaped & { seconds: string; rounds: string }) =>
      show(
        benchShapes({
          ...options,
          blocks: Number(options.blocks),
          compute: computeOf(options),
          seconds: options.seconds.split(',').map(Number),
          rounds: Number(options.rounds),
        }),
        options.json,
      ),
    );
  shaped(
    program.command('encoder-bundle').description('what such an encoder weighs in a bundle, and how it loads'),
  ).action(async (options: Shaped) => {
    const { shape, blocks, precision } = options;
    print(await benchBundle(shape, Number(blocks), precision, computeOf(options)), options.json);
  });
}
