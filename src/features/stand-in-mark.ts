// What tells frames made with labels (the supervised stand-in for a large encoder, `asr probe --supervised-stand-in`)
// from all others: a file in their folder. Such frames are for benchmarks, and are refused under any other name.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { FeaturesConfig } from './config.js';

export const standInMark = 'supervised.json';

/** @throws AsrError 'config' when frames made with labels are called something else, or others are called that */
export function checkStandIn(kind: FeaturesConfig['kind'], folder: string): void {
  const marked = existsSync(join(folder, standInMark));
  if (marked && kind !== 'supervised-stand-in')
    throw new AsrError(
      'config',
      `${folder}: these frames were made from labels, to measure what comes after an encoder`,
      'Say so: features.kind=supervised-stand-in. Results with them are not label-free.',
    );
  if (!marked && kind === 'supervised-stand-in')
    throw new AsrError(
      'config',
      `${folder}: holds no ${standInMark}, so it is no supervised stand-in`,
      'Make one with `asr probe … --supervised-stand-in FOLDER`, or set features.kind=precomputed.',
    );
}
