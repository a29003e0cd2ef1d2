// What a person is told about collapsed runs: each cause once, with how many and which runs, and what to do about it.
import type { CollapseCause } from '../gan/collapse.js';
import type { LearnRun } from './method.js';

const advice: Record<CollapseCause, string> = {
  diverged:
    'lower learn.gan.generator.lr and learn.gan.discriminator.lr, or scale the segment vectors to unit variance',
  'silence everywhere':
    'raise learn.gan.codePenalty; check that the text has less silence than speech ' +
    '(text.silence) and that vad cuts pauses away',
  'mode collapse':
    'raise learn.gan.codePenalty, lower learn.gan.discriminator.lr, or start from learn.gan.start=matching',
  'vocabulary use':
    'raise learn.gan.codePenalty; check that text and audio are of one language and ' +
    'that text.phones has no symbols that nobody says',
  'length ratio':
    'raise learn.gan.smoothness where too much comes out, lower it where too little does; other seeds may do better',
  'text and audio rates differ':
    'segments per utterance and phones per sentence must be near each other: set segments.phoneRate or ' +
    'segments.rateRatio, or cut sentences and utterances to like lengths',
  'discriminator won':
    'lower learn.gan.discriminator.lr or its dim, raise ' +
    'learn.gan.gradientPenalty, or start from learn.gan.start=matching',
  'generator outruns discriminator':
    'raise learn.gan.discriminator.lr (four times as much helped on an encoder of 64 white ' +
    'columns), or its dim, or lower learn.gan.generator.lr',
};

type Judged = Pick<LearnRun, 'name' | 'state' | 'reason'> & { readonly cause?: CollapseCause | undefined };

const shown = 6;

const causeOf = (run: Judged): CollapseCause => run.cause ?? 'vocabulary use';

/** Collapsed runs by cause, most frequent first. */
function byCause(runs: readonly Judged[]): [CollapseCause, Judged[]][] {
  const groups = new Map<CollapseCause, Judged[]>();
  for (const run of runs) {
    if (run.state !== 'collapsed') continue;
    const cause = causeOf(run);
    groups.set(cause, [...(groups.get(cause) ?? []), run]);
  }
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}

/** One line for each cause. */
export function collapseWarnings(runs: readonly Judged[]): string[] {
  return byCause(runs).map(([cause, found]) => {
    const names = found
      .slice(0, shown)
      .map(({ name, reason }) => `${name}: ${reason}`)
      .join('; ');
    const more = found.length > shown ? `; and ${found.length - shown} more` : '';
    return (
      `collapsed, ${cause} (${found.length} of ${runs.length} runs): ${names}${more}. What helps: ` + `${advice[cause]}`
    );
  });
}

/** How many collapsed of each cause: "2 mode collapse, 1 diverged"; empty when none did. */
export const collapseCounts = (runs: readonly Judged[]): string =>
  byCause(runs)
    .map(([cause, found]) => `${found.length} ${cause}`)
    .join(', ');
