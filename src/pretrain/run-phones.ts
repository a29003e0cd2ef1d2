// Phones that a finished run heard in the same recordings, as targets: found without labels, since nothing in a run
// before its scoring opens a reference.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readJsonl } from '../core/jsonl.js';
import { encoderGrid, frameMiddle } from '../core/frame-grid.js';
import { hypothesisSchema, type TimedPhone } from '../core/records.js';
import type { Frames } from '../core/time.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { featuresInfoPath, readFeaturesInfo } from '../features/folder.js';
import { originalSample } from '../vad/regions.js';
import type { CorpusMaterial } from './material.js';
import type { Targets } from './targets.js';

/**
 * @param folder of the run.
 * @throws AsrError 'config' when its features were made from labels, 'input' when it knows none of the utterances
 */
export async function phoneTargets(
  folder: string,
  { utterances, bands }: Pick<CorpusMaterial, 'utterances' | 'bands'>,
): Promise<Targets> {
  const path = join(folder, 'decode', hypothesisFiles.records);
  const features = join(folder, 'features');
  if (existsSync(featuresInfoPath(features)) && (await readFeaturesInfo(features)).kind === 'supervised-stand-in')
    throw new AsrError(
      'config',
      `${folder}: its features were made from labels, so its phones are no label-free targets`,
      'Take a run with other features.',
    );
  const names = new Map<string, number>([['', 0]]); // what no phone covers
  const rows = new Map<string, Int16Array>();
  for await (const { id, phones } of readJsonl(path, hypothesisSchema)) {
    const utterance = utterances.get(id);
    if (!utterance) continue;
    const own = new Int16Array(Math.ceil(bands.rowsOf(id) / 2));
    let at = 0;
    for (let row = 0; row < own.length; row++) {
      const sample = originalSample(utterance.regions, frameMiddle(row as Frames, encoderGrid));
      while (at < phones.length && phones[at]!.end <= sample) at++;
      const phone: TimedPhone | undefined = phones[at];
      if (!phone || phone.start > sample) continue;
      if (!names.has(phone.phone)) names.set(phone.phone, names.size);
      own[row] = names.get(phone.phone)!;
    }
    rows.set(id, own);
  }
  if (rows.size === 0)
    throw new AsrError(
      'input',
      `${path}: none of its utterances is among the ${utterances.size} that are trained on`,
      'The run must be of the same corpus; its ids are those of vad/utterances.jsonl.',
    );
  return { sizes: [names.size], rows };
}
