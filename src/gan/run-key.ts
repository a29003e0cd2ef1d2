// What decides the bytes of an adversarial training: a checkpoint of another key is not continued.
import { hashJson, hashText } from '../core/fingerprint.js';
import type { GanConfig } from './config.js';
import { hasCourse } from './course.js';
import type { GanOptions } from './options.js';
import type { GanShape } from './step-inputs.js';

const indecisive: readonly string[] = [
  'updates',
  'checkpointEvery',
  'sessions',
  'cacheMiB',
  'collapse',
  'halving',
] satisfies (keyof GanConfig)[];

/** What decides the bytes of a run; how long it goes on and how it is kept do not. */
export function runKey(
  { config, rng, vocabulary, start }: GanOptions,
  shape: GanShape,
  ids: readonly string[],
  sentences: readonly Int32Array[],
): string {
  const forgotten = indecisive.filter((name) => name !== 'updates' || !hasCourse(config));
  const decisive = Object.fromEntries(Object.entries(config).filter(([name]) => !forgotten.includes(name)));
  const startHash =
    start === undefined
      ? {}
      : { start: hashText(Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString('base64')) };
  return hashJson({
    decisive,
    ...startHash,
    seed: rng.state,
    vocabulary,
    shape,
    ids,
    lines: sentences.length,
    phones: sentences.reduce((sum, line) => sum + line.length, 0),
  });
}
