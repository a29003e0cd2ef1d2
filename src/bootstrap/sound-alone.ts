// What a network hears where no language model helps: scores of some utterances in, phones out, as many in all as are
// expected. How well they fit the text ranks rounds; transcripts do not, since a weak network leaves them to the text.
import { giveWay } from '../core/event-loop.js';
import { bigramGraph } from '../search/phone-graph.js';
import { fitInsertion, type ScoredRows } from './length.js';
import { createSearch, type PhoneGraph, type SearchSettings } from './search.js';

/** Any phone after any other. */
function flatGraph(phones: number): PhoneGraph {
  const alike = 1 / (phones + 1);
  return bigramGraph({
    initial: new Float64Array(phones).fill(1 / phones),
    next: new Float64Array(phones * phones).fill(alike),
    final: new Float64Array(phones).fill(alike),
  });
}

/**
 * @param phones without silence, whose score is the last column
 * @param expected how many phones all these utterances hold together
 * @returns the rows of each utterance: a phone each, `phones` for silence
 */
export async function recognisedWithoutText(
  sample: readonly ScoredRows[],
  phones: number,
  settings: Omit<SearchSettings, 'insertion'>,
  expected: number,
  signal?: AbortSignal,
): Promise<Int16Array[]> {
  const graph = flatGraph(phones);
  const insertion = await fitInsertion(sample, graph, settings, expected, signal);
  const search = createSearch(graph, { ...settings, insertion });
  const recognised: Int16Array[] = [];
  for (const { scores, rows } of sample) {
    await giveWay(signal);
    recognised.push(search(scores, rows).rows.slice());
  }
  return recognised;
}
