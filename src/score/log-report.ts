// The figures of a score report as lines of the log.
import type { Log } from '../core/log.js';
import { groupLines } from './groups.js';
import { bestGuess, lengthRatio, type ScoreReport } from './report.js';
import { someOf } from './score-files.js';

/** Lengths beyond which hypotheses are said to be too short or too long. */
const usualLength = [0.8, 1.2] as const;

export function logReport(report: ScoreReport, log: Log): void {
  const { per, split, trivial, words, characters, choice, passes, allDeletions } = report;
  const { undecoded, unusable } = allDeletions;
  const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`;
  if (undecoded.length > 0)
    log.warn(`${undecoded.length} utterances were not decoded and count as deletions: ${someOf(undecoded)}`);
  if (unusable.length > 0)
    log.warn(`${unusable.length} recordings held no usable sound and count as deletions: ${someOf(unusable)}`);
  log.info(
    `PER ${percent(per)} on ${split === 'test' ? 'the test split' : 'all utterances (there is no test split)'}; a ` +
      `random sentence ${percent(trivial.randomSentence)}, a constant phone ${percent(trivial.constantPhone)}` +
      (trivial.atLength
        ? `; at the length of the references, random text ${percent(
            trivial.atLength.randomText,
          )}, a constant phone ${percent(trivial.atLength.constantPhone)}`
        : ''),
  );
  const guess = bestGuess(report);
  if (per >= guess.per)
    log.warn(`PER ${percent(per)} is no better than a guess: ${guess.name} has ${percent(guess.per)}`);
  const ratio = lengthRatio(report);
  if (ratio < usualLength[0] || ratio > usualLength[1])
    log.warn(`hypotheses have ${ratio.toFixed(2)} times the phones of the references`);
  if (words)
    log.info(
      `WER ${percent(words.wer)} of ${words.length} words` +
        (words.inText && words.outside !== undefined
          ? `, ${percent(words.inText.wer)} of those that the text has (${percent(words.outside)} it has not)`
          : '') +
        (characters ? `, CER ${percent(characters.cer)}` : ''),
    );
  if (report.groups) for (const line of groupLines(report.groups)) log.info(line);
  if (passes)
    log.info(
      'self-training: ' +
        passes.map(({ name, per: own, chosen }) => `${name} ${percent(own)}${chosen ? ' (chosen)' : ''}`).join(', '),
    );
  if (choice) {
    const correlation =
      choice.rankCorrelation === null
        ? ''
        : `; rank correlation of metric and PER ${choice.rankCorrelation.toFixed(2)}`;
    log.info(
      `of ${choice.runs} runs, greedily on ${choice.references} references: chosen ${choice.chosen.name} ` +
        `${percent(choice.chosen.per)}, best ${choice.best.name} ${percent(choice.best.per)}${correlation}`,
    );
  }
}
