// Every pass of self-training, and what decode wrote before it, against the references
// that the error rate is measured on.
import type { StageIo } from '../core/stage.js';
import { passFolder, readPasses, startName } from '../selftrain/output.js';
import type { ScoreConfig } from './config.js';
import { RecognisedCorpus, type RecognisedFolders, type Scorable } from './hypotheses.js';
import { scoredReferences, type ScoreReport } from './report.js';
import { addErrors, compare, errorRate, noErrors } from './score.js';

type Passes = NonNullable<ScoreReport['passes']>;

/**
 * @param scored every reference that was matched, in the order of references.jsonl.
 * @returns none where nothing was trained
 */
export async function scorePasses(
  io: StageIo<ScoreConfig>,
  folders: RecognisedFolders & { readonly decode: string; readonly selftrain: string },
  scored: readonly (Scorable & { readonly id: string })[],
  silence: string,
): Promise<Passes> {
  const withTest = scored.some(({ split }) => split === 'test');
  const items = new Map(scored.filter(({ split }) => !withTest || split === 'test').map((item) => [item.id, item]));
  const passes: Passes = [];
  for (const { name, chosen, metric } of await readPasses(folders.selftrain)) {
    io.signal?.throwIfAborted();
    const corpus = await RecognisedCorpus.load({
      ...folders,
      hypotheses: name === startName ? folders.decode : passFolder(folders.selftrain, name),
    });
    let counts = noErrors;
    for await (const { id, phones } of scoredReferences(io.out)) {
      const item = items.get(id);
      if (item) counts = addErrors(counts, compare(phones, corpus.phones(item, silence)));
    }
    passes.push({ name, chosen, metric, per: errorRate(counts) });
  }
  return passes;
}
