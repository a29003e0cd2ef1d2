// `asr transcribe --watch`: what is put into a folder is transcribed, one recording after the other,
// until ctrl-C. The folder is looked at again and again, which works on network drives as well; what
// still grows is left until it is whole.
import { setTimeout as wait } from 'node:timers/promises';
import type { ModelRecord } from '../bundle/model-record.js';
import { soundFiles } from '../audio/sound-files.js';
import { held } from '../core/disposal.js';
import { inSentences } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import type { SpeakerOptions } from '../speakers/diarise.js';
import { fileStates, Newcomers } from '../transcribe/newcomers.js';
import { transcribeBatch } from '../transcribe/batch.js';
import { createTranscriber } from '../transcribe/transcriber.js';
import type { Transcript } from '../transcribe/transcript.js';
import { withInterrupt } from './interrupt.js';
import { filesOutput, type OutputOptions } from './transcribe-places.js';

interface WatchOptions extends OutputOptions {
  readonly watch: string;
  readonly model: string;
  readonly engine?: Compute['engine'];
}

interface WatchWork {
  readonly speakers: SpeakerOptions | undefined;
  readonly formats: readonly string[];
  readonly jobs: number;
  readonly unitOf: (record: ModelRecord) => Promise<(transcript: Transcript) => Transcript>;
}

/** Between two looks, in milliseconds: what has not changed from one to the next is whole. */
const pauseMs = 1000;

/** @throws AsrError 'input' where the folder is missing, as createTranscriber, and 'io' where nothing can be written */
export async function watchFolder(
  options: WatchOptions,
  { formats, jobs, unitOf, speakers }: WatchWork,
): Promise<void> {
  const { watch } = options;
  const look = async (): Promise<string[]> => {
    const files: string[] = [];
    for await (const { path, problem } of soundFiles(watch)) if (problem === undefined) files.push(path);
    return files;
  };
  await look();
  await using transcriber = held(await createTranscriber(options.model, { jobs, engine: options.engine, speakers }));
  const unit = await unitOf(transcriber.record);
  const tell = (line: string): void => {
    process.stderr.write(`asr: ${line}\n`);
  };
  const outputs = { ...options, tree: options.outputDir !== undefined };
  const newcomers = new Newcomers();
  await withInterrupt(async (signal) => {
    tell(`watching ${watch}; ctrl-C ends it`);
    while (!signal.aborted) {
      const files = await look();
      const output = await filesOutput(outputs, formats, files, [watch]);
      const missing: string[] = [];
      for (const file of files) if (!(await output.has(file))) missing.push(file);
      const ready = newcomers.ready(await fileStates(missing));
      if (ready.length > 0)
        await transcribeBatch(transcriber, ready, new Map(), {
          jobs,
          signal,
          onProgress: () => undefined,
          onTranscript: async (transcript) => {
            await output.write(unit(transcript));
            tell(`${transcript.file}: ${transcript.seconds.toFixed(1)} s${warned(transcript)}`);
          },
          onStopped: async (part) => {
            await output.write(unit(part), true);
          },
          onFailure: (_, error) => {
            tell(inSentences(error));
          },
        }).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  });
}

const warned = ({ warning }: Transcript): string => (warning === undefined ? '' : ` (beware: ${warning})`);
