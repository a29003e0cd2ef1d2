// Every scored reference against what was recognised: errors by phone, and which utterances are worst and median.
import { align, type Edit } from '../score/edit-distance.js';
import { RecognisedCorpus, type RecognisedFolders } from '../score/hypotheses.js';
import { scoredReferences, type ScoreReport } from '../score/report.js';
import { countErrors, errorRate } from '../score/score.js';
import { PhoneErrorTally } from './phone-errors.js';

/** An utterance to be shown. Ids of its parts in order of time: a reference may cover a recording of several. */
export interface Picked {
  readonly id: string;
  readonly kind: 'worst' | 'median' | 'random';
  readonly utterances: readonly string[];
  /** Aligned reference and hypothesis, where there is a reference. */
  readonly edits?: readonly Edit[];
}

export interface Comparison {
  readonly tally: PhoneErrorTally;
  readonly picked: readonly Picked[];
  /** Error rate of each utterance, ascending. */
  readonly rates: readonly number[];
}

interface Rated {
  readonly id: string;
  readonly rate: number;
  readonly errors: number;
}

/** On what the phone error rate was measured on: the test split where there is one. */
export async function compareWithReferences(
  folders: RecognisedFolders & { readonly score: string },
  report: ScoreReport,
  silence: string,
  count: { worst: number; median: number },
): Promise<Comparison> {
  const corpus = await RecognisedCorpus.load(folders);
  const tally = new PhoneErrorTally();
  const rated: Rated[] = [];
  const alignments = async function* (): AsyncGenerator<{ id: string; utterances: readonly string[]; edits: Edit[] }> {
    for await (const { id, phones } of scoredReferences(folders.score)) {
      const found = corpus.find(id);
      if (!found || (report.split === 'test' && found.split !== 'test')) continue;
      yield { id, utterances: found.utterances, edits: align(phones, corpus.phones(found, silence)) };
    }
  };
  for await (const { id, utterances, edits } of alignments()) {
    tally.add(edits);
    const counts = countErrors(edits);
    // What left no sound cannot be looked at.
    if (utterances.length > 0) rated.push({ id, rate: errorRate(counts), errors: counts.errors });
  }
  const kinds = pickByRate(rated, count);
  const byId = new Map<string, Picked>();
  for await (const { id, utterances, edits } of alignments()) {
    const kind = kinds.get(id);
    if (kind) byId.set(id, { id, kind, utterances, edits });
  }
  return {
    tally,
    picked: [...kinds.keys()].flatMap((id) => byId.get(id) ?? []),
    rates: rated.map(({ rate }) => rate).sort((a, b) => a - b),
  };
}

/** The worst first, then those around the median; nothing twice. */
export function pickByRate(
  rated: readonly Rated[],
  count: { worst: number; median: number },
): Map<string, 'worst' | 'median'> {
  const sorted = [...rated].sort((a, b) => b.rate - a.rate || b.errors - a.errors || (a.id < b.id ? -1 : 1));
  const kinds = new Map<string, 'worst' | 'median'>();
  for (const { id } of sorted.slice(0, count.worst)) kinds.set(id, 'worst');
  const first = Math.max(kinds.size, Math.round((sorted.length - count.median) / 2));
  for (const { id } of sorted.slice(first, first + count.median)) kinds.set(id, 'median');
  return kinds;
}
