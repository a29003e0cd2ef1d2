// `asr score`: two files of transcripts by id to one error rate.
import { AsrError } from '../core/errors.js';
import { Turns } from '../core/event-loop.js';
import { silentLog, type Log } from '../core/log.js';
import { legibleText, wordsOf } from '../text/normalise.js';
import { silenceSymbol } from '../text/phone-text.js';
import { alignmentText } from './alignment-text.js';
import { align } from './edit-distance.js';
import { loadTranscripts, type TranscriptFormat } from '../transcripts/references.js';
import { addErrors, countErrors, errorRate, noErrors, type ErrorCounts } from './score.js';

export type ScoreUnit = 'phone' | 'word' | 'char';

export interface FileScore extends ErrorCounts {
  /** Errors per reference token, a fraction. */
  readonly rate: number;
  /** Text of every utterance aligned; '' unless it was asked for, since it is far larger than the rest. */
  readonly alignments: string;
  /** Ids without a hypothesis: all of their tokens count as deletions. */
  readonly missing: readonly string[];
  /** Ids of hypotheses without a reference: not counted. */
  readonly extra: readonly string[];
}

/** Nobody hears them: control characters, blanks of no width, and joiners with nothing to join. */
const unheard = /[\0-\x08\x0E-\x1F\x7F\u200B-\u200D]/u;
const control = /[\0-\x08\x0E-\x1F\x7F]|(?<![^\s\u200B])[\u200C\u200D]+|[\u200C\u200D](?![^\s\u200B-\u200D])/gu;

const recognised = (text: string): string =>
  unheard.test(text) ? text.replace(control, '').replaceAll('\u200B', ' ') : text;

/**
 * What is compared: tokens between spaces (word, phone), without silence for phones; for `char` the characters
 * (code points, NFC) of the words, spaces not counted, as in sclite's character scoring. Case counts.
 */
export function scoredTokens(text: string, unit: ScoreUnit): string[] {
  const tokens = recognised(legibleText(text))
    .split(/\s+/u)
    .filter((token) => token !== '');
  if (unit === 'char') return [...tokens.join('')];
  return unit === 'phone' ? tokens.filter((token) => token !== silenceSymbol) : tokens;
}

export interface ScoreOptions {
  /** Default: by the files' endings. */
  readonly referenceFormat?: TranscriptFormat | undefined;
  readonly hypothesisFormat?: TranscriptFormat | undefined;
  readonly withAlignments?: boolean | undefined;
  readonly log?: Log | undefined;
  /** Gets the errors of each reference. */
  readonly each?: ((id: string, counts: ErrorCounts) => void) | undefined;
  /** References are words, and this gives their phones; undefined for a sentence that has none, which is left out. */
  readonly pronounce?: ((sentence: string) => readonly string[] | undefined) | undefined;
}

/** @throws AsrError 'input' for a file that is not there, is malformed, or repeats an id */
export async function scoreFiles(
  referencePath: string,
  hypothesisPath: string,
  unit: ScoreUnit,
  options: ScoreOptions = {},
): Promise<FileScore> {
  const { log = silentLog, referenceFormat, hypothesisFormat } = options;
  const tokens = unit === 'phone' ? 'phones' : 'words';
  const written = await loadTranscripts(referencePath, {
    format: referenceFormat,
    tokens: options.pronounce ? 'words' : tokens,
  });
  if (written.size === 0)
    throw new AsrError(
      'input',
      `${referencePath}: holds no references`,
      'There is nothing to compare with: check that it is the right file, and whole.',
    );
  const references = options.pronounce ? await spokenReferences(written, options.pronounce, log) : written;
  const hypotheses = await loadTranscripts(hypothesisPath, { format: hypothesisFormat, tokens });
  const score = await scoreTranscripts(references, hypotheses, unit, options.withAlignments, options.each);
  if (score.missing.length > 0)
    log.warn(
      `${score.missing.length} of ${references.size} references have no hypothesis, all deletions: ` +
        someOf(score.missing),
    );
  if (score.extra.length > 0)
    log.warn(`${score.extra.length} hypotheses have no reference and are not counted: ${someOf(score.extra)}`);
  if (unit !== 'phone' && score.errors > 0) await tellDress(score, references, hypotheses, unit, log);
  return score;
}

/** Says how much of the errors is capitals and punctuation, which count here. */
async function tellDress(
  { errors }: FileScore,
  references: ReadonlyMap<string, string>,
  hypotheses: ReadonlyMap<string, string>,
  unit: ScoreUnit,
  log: Log,
): Promise<void> {
  const plain = (texts: ReadonlyMap<string, string>): Map<string, string> =>
    new Map([...texts].map(([id, text]) => [id, wordsOf(text).join(' ')]));
  const bare = await scoreTranscripts(plain(references), plain(hypotheses), unit);
  if (bare.errors <= 0.8 * errors)
    log.warn(
      `${errors - bare.errors} of ${errors} errors are capitals or punctuation, which count: without them ` +
        `${(bare.rate * 100).toFixed(2)} %`,
    );
}

async function spokenReferences(
  written: ReadonlyMap<string, string>,
  pronounce: (sentence: string) => readonly string[] | undefined,
  log: Log,
): Promise<Map<string, string>> {
  const spoken = new Map<string, string>();
  const unspoken: string[] = [];
  const turns = new Turns();
  for (const [id, sentence] of written) {
    if (turns.due) await turns.give();
    const phones = pronounce(sentence);
    if (phones) spoken.set(id, phones.join(' '));
    else unspoken.push(id);
  }
  if (unspoken.length > 0)
    log.warn(`${unspoken.length} references have a word without a pronunciation and are left out: ${someOf(unspoken)}`);
  return spoken;
}

/** Transcripts by id to counts, rate and alignments, in the references' order. */
async function scoreTranscripts(
  references: ReadonlyMap<string, string>,
  hypotheses: ReadonlyMap<string, string>,
  unit: ScoreUnit,
  withAlignments = false,
  each?: ScoreOptions['each'],
): Promise<FileScore> {
  let counts = noErrors;
  const alignments: string[] = [];
  const turns = new Turns();
  for (const [id, text] of references) {
    if (turns.due) await turns.give();
    const edits = align(scoredTokens(text, unit), scoredTokens(hypotheses.get(id) ?? '', unit));
    const own = countErrors(edits);
    counts = addErrors(counts, own);
    each?.(id, own);
    if (withAlignments) alignments.push(alignmentText(id, edits));
  }
  return {
    ...counts,
    rate: errorRate(counts),
    alignments: alignments.join('\n'),
    missing: [...references.keys()].filter((id) => !hypotheses.has(id)),
    extra: [...hypotheses.keys()].filter((id) => !references.has(id)),
  };
}

/** The first few ids of a list, for a log line. */
export function someOf(ids: readonly string[]): string {
  const shown = ids
    .slice(0, 5)
    .map((id) => `"${id}"`)
    .join(', ');
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
}
