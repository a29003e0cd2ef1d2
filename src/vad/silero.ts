// Silero VAD (https://github.com/snakers4/silero-vad, MIT, versions 5 and 6) as a speech detector: a small recurrent
// network gives the probability of speech every 32 ms. Version 6 comes with the program; another may be named by path.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { Region } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import { packageRoot } from '../core/version.js';
import { ModelSession } from '../engine/index.js';
import type { SileroConfig } from './config.js';
import type { SpeechDetector } from './detector.js';
import { tidyRegions } from './energy.js';
import { chunk, speechProbabilities } from './silero-stretches.js';

/** Comes with the program, so that training and use hear with the same network. */
const shipped = join(packageRoot, 'src', 'vad', 'network', 'silero_vad.onnx');

/**
 * Path of the network. @param folder where a relative path starts
 * @throws AsrError 'model' when the file that the settings name is not there
 */
export function findSilero({ model }: SileroConfig, folder: string): string {
  if (model === '') return shipped;
  const path = resolve(folder, model);
  if (!existsSync(path))
    throw new AsrError(
      'model',
      `${path}: no such file (vad.silero.model)`,
      'Leave vad.silero.model empty to use the network that comes with ' +
        'asr, or name a silero_vad.onnx (version 5 or 6).',
    );
  return path;
}

/** @throws AsrError 'model' when there is no such network, or it is of another version */
export async function createSilero(config: SileroConfig, compute: Compute, folder: string): Promise<SpeechDetector> {
  const path = findSilero(config, folder);
  // One step is far too little work for several threads or a GPU.
  const session = await ModelSession.open(await readFile(path), {
    name: path,
    threads: 1,
    engine: compute.engine === 'tfjs' ? compute.engine : 'cpu',
  });
  if (
    session.inputs
      .map(({ name }) => name)
      .sort()
      .join() !== 'input,sr,state'
  ) {
    await session.dispose();
    throw new AsrError(
      'model',
      `${path}: its inputs are ${session.inputs.map(({ name }) => name).join(', ')}, expected input, state, sr`,
      'Take version 5 or 6 of silero_vad.onnx.',
    );
  }
  const detectMany = async (recordings: readonly (Float32Array | Int16Array)[]): Promise<Region[][]> => {
    const probabilities = await speechProbabilities(session, recordings);
    return recordings.map(({ length }, i) =>
      tidyRegions(speechRuns(probabilities[i] as Float32Array, config, length), config, length),
    );
  };
  return {
    detect: async (samples) => (await detectMany([samples]))[0] as Region[],
    detectMany,
    dispose: () => session.dispose(),
  };
}

/** Speech begins above `threshold` and ends below `release`. */
export function speechRuns(
  probabilities: Float32Array,
  { threshold, release }: Pick<SileroConfig, 'threshold' | 'release'>,
  length: number,
): Region[] {
  const runs: Region[] = [];
  let first = -1;
  probabilities.forEach((probability, i) => {
    if (first < 0 && probability >= threshold) first = i;
    else if (first >= 0 && probability < release) {
      runs.push([first * chunk, i * chunk]);
      first = -1;
    }
  });
  if (first >= 0) runs.push([first * chunk, length]);
  return runs;
}
