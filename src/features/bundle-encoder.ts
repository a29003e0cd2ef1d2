// An encoder into a model folder: the ONNX file, ended at the block in use, its weights and settings; and the config
// that finds them there, so that `asr transcribe` needs nothing from elsewhere.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { AsrError } from '../core/errors.js';
import { insideByName, insideFolder } from '../core/inside-folder.js';
import type { FeaturesConfig } from './config.js';
import { prepareEncoder } from './encoder.js';
import { bundlePublished } from './published-encoder.js';

const encoderFolder = 'encoder';

/**
 * @param folder where a relative `config.model` starts
 * @param out the model folder
 * @returns what it wrote, as paths inside `out`, and the config for the model; nothing for other kinds of features
 */
export async function bundleEncoder(
  config: FeaturesConfig,
  folder: string,
  out: string,
): Promise<{ files: string[]; config: FeaturesConfig }> {
  if (config.kind === 'encoder') return bundlePublished(config, folder, out, encoderFolder);
  if (config.kind !== 'onnx') return { files: [], config };
  const { files, model, output, dataFiles } = await prepareEncoder(config, folder);
  const into = join(out, encoderFolder);
  await mkdir(into, { recursive: true });
  await writeFile(join(into, 'model.onnx'), model);
  const taken = ['model.onnx', ...files.settings.map((path) => basename(path))];
  for (const name of dataFiles) {
    const to = insideByName(into, name, { source: files.onnx });
    if (taken.includes(relative(into, to)))
      throw new AsrError(
        'model',
        `${files.onnx}: keeps weights in "${name}", where the model itself has a file of that name`,
        'Export the model again with another name for its weights.',
      );
    await mkdir(dirname(to), { recursive: true });
    await cp(await insideFolder(dirname(files.onnx), name, { source: files.onnx }), to, { dereference: true });
  }
  for (const path of files.settings) await cp(path, join(into, basename(path)), { dereference: true });
  const names = ['model.onnx', ...dataFiles, ...files.settings.map((path) => basename(path))];
  return {
    files: names.map((name) => `${encoderFolder}/${name}`),
    config: { ...config, model: encoderFolder, outputNode: output },
  };
}
