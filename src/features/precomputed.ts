// Frames that another program made, as a front end: fairseq's wav2vec-U folder (train.npy holds all frames,
// train.lengths the frames of each utterance, train.tsv their files) or one .npy for each utterance. Read as they are
// needed: memory does not grow with the files.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { FeaturesConfig } from './config.js';
import { openFairseqFolder } from './fairseq-folder.js';
import type { FrameMaker } from './frame-source.js';
import { frameCount } from '../core/frame-grid.js';
import type { Samples } from '../core/time.js';
import type { FrameRows } from './frames.js';
import { openNpyFolder } from './npy-folder.js';
import { checkStandIn } from './stand-in-mark.js';
import { readUtterances } from '../vad/folder.js';

/** Encoders pad in different ways: a frame more or less at the end is no mistake. */
const tolerance = 2;

/**
 * @param vad folder of the vad stage, whose utterances want frames
 * @throws AsrError 'input' when the folder is of no known kind, its files contradict each
 * other, or it belongs to other sound
 */
export async function openPrecomputed(config: FeaturesConfig, data: string, vad: string): Promise<FrameMaker> {
  if (config.folder === '')
    throw new AsrError(
      'config',
      `features.kind is ${config.kind}, but features.folder names no folder`,
      'Set features.folder; docs/encoders.md describes what can be in it.',
    );
  const folder = resolve(data, config.folder);
  if (!existsSync(folder))
    throw new AsrError(
      'input',
      `${folder}: no such folder`,
      'Check features.folder; it is relative to the data folder.',
    );
  checkStandIn(config.kind, folder);
  const ids: string[] = [];
  for await (const { id } of readUtterances(vad)) ids.push(id);
  const store =
    existsSync(join(folder, 'train.npy')) || existsSync(join(folder, 'train.lengths'))
      ? await openFairseqFolder(folder, ids)
      : await openNpyFolder(folder, ids);
  const { hop, window } = config.grid;
  const frames = async (id: string, samples: Samples): Promise<FrameRows> => {
    const rows = await store.rowsOf(id);
    if (rows === undefined) throw new AsrError('input', `${folder} has no frames for it`);
    const expected = frameCount(samples, { window, hop });
    if (Math.abs(rows - expected) > tolerance) {
      throw new AsrError(
        'input',
        `${rows} frames in ${folder}, expected ${expected} for ${samples} samples of speech every ${hop}: made of ` +
          'other sound, or of sound with its silence (vad.method=none keeps it)',
      );
    }
    return { data: await store.read(id), rows };
  };
  return {
    dim: store.dim,
    hop,
    window,
    needsSound: false,
    about: { source: store.kind },
    make: async (sounds) => {
      const results: (FrameRows | Error)[] = [];
      for (const { utterance } of sounds)
        results.push(await frames(utterance.id, utterance.samples).catch((error: unknown) => error as Error));
      return results;
    },
    dispose: () => store.close(),
  };
}
