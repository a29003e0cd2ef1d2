// `asr transcribe --live`: standard input while it comes, transcripts at once.
import { join } from 'node:path';
import { formatsOf, wantsPhones, writeOut, type TranscribeFlags } from './transcribe-options.js';

/** Ends with the sound, or with ctrl-C, which is how one stops talking: what was said before it is final then. */
export async function liveCommand(named: readonly string[], options: TranscribeFlags): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { loadModel } = await import('../transcribe/model.js');
  const { liveSound } = await import('../audio/live-sound.js');
  const { liveOutput } = await import('../transcribe/live-output.js');
  const { withInterrupt } = await import('./interrupt.js');
  if (named.some((name) => name !== '-') || named.length > 1)
    throw new AsrError(
      'usage',
      '--live reads standard input alone',
      'arecord … | asr transcribe --live - --model FOLDER',
    );
  const formats = await formatsOf(options);
  const json = formats[0] === 'json';
  if (formats.length > 1 || !(json || formats[0] === 'text') || options.outputDir !== undefined)
    throw new AsrError('usage', '--live writes text, or lines of JSON (--json), to standard output');
  const { input: kind, rate, channels } = options;
  if (kind !== 'auto' && kind !== 'raw' && kind !== 'container')
    throw new AsrError('usage', `--input ${kind}: expected auto, raw or container`);
  if (options.use.length > 0) {
    const { loadPlugins, modulePath } = await import('../plugins/load.js');
    await loadPlugins(options.use.map((module) => modulePath(module, join(process.cwd(), 'here'))));
  }
  const model = await loadModel(options.model, options.engine === undefined ? {} : { engine: options.engine });
  try {
    const { stderr } = process;
    const output = liveOutput({
      write: writeOut,
      ...(stderr.isTTY && !json
        ? { show: (text: string) => void stderr.write(text), columns: () => stderr.columns || 80 }
        : {}),
      json,
      phones: await wantsPhones(options, model.record, json),
    });
    await withInterrupt(async (signal) => {
      const raw = { rate: Number(rate), channels: Number(channels) };
      const sound = liveSound(process.stdin, { kind, raw, signal });
      try {
        for await (const event of model.live(sound)) await output.event(event);
      } finally {
        output.end();
      }
    });
  } finally {
    process.stdin.destroy();
    await model.dispose();
  }
}
