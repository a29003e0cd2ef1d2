// TIMIT's names: a sound file's id from its path, and who is in the core test set
// (NIST's speech disc 1-1.1, TESTSET.DOC).
import { safeId } from '../ids.js';

const coreTest: ReadonlySet<string> = new Set([
  'mdab0',
  'mwbt0',
  'felc0',
  'mtas1',
  'mwew0',
  'fpas0',
  'mjmp0',
  'mlnt0',
  'fpkt0',
  'mlll0',
  'mtls0',
  'fjlm0',
  'mbpm0',
  'mklt0',
  'fnlp0',
  'mcmj0',
  'mjdh0',
  'fmgd0',
  'mgrt0',
  'mnjm0',
  'fdhc0',
  'mjln0',
  'mpam0',
  'fmld0',
]);

/** Two men and one woman of each of the eight dialect regions. @param speaker in lower case */
export const isCoreTestSpeaker = (speaker: string): boolean => coreTest.has(speaker);

/**
 * `TRAIN/DR1/FCJF0/SX37.WAV` to `fcjf0_sx37`: sentences are shared between speakers.
 * @param parts of the path; the last is the file
 */
export function timitId(parts: readonly string[]): string {
  const sentence = (parts.at(-1) ?? '').replace(/\..*$/s, '');
  return safeId(`${parts.at(-2) ?? ''}_${sentence}`.toLowerCase());
}
