// Silero VAD (https://github.com/snakers4/silero-vad, MIT, versions 5 and 6) as a speech detector: a small recurrent
// network gives the probability of speech every 32 ms. Version 6 comes with the program; another may be named by
// path.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildOn } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { packageRoot } from '../core/version.js';
import { readModelFile } from '../core/lfs-pointer.js';
import { ModelSession } from '../engine/index.js';
import type { SileroConfig } from './config.js';
import type { SpeechDetector } from './detector.js';
import { sileroDetector } from './silero-detector.js';

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
  const session = await ModelSession.open(await readModelFile(path), {
    name: path,
    threads: 1,
    engine: compute.engine === 'tfjs' ? compute.engine : 'cpu',
  });
  return buildOn(session, ({ inputs }) => {
    const names = inputs.map(({ name }) => name);
    if (names.toSorted().join() !== 'input,sr,state')
      throw new AsrError(
        'model',
        `${path}: its inputs are ${names.join(', ')}, expected input, state, sr`,
        'Take version 5 or 6 of silero_vad.onnx.',
      );
    return { ...sileroDetector(config, session), dispose: () => session.dispose() };
  });
}
