// What a finished HMM says about the training utterances: under a better language model than the bigram that it keeps,
// for the labels that the next round starts from, or with louder acoustics, for the label-free metric.
import { join } from 'node:path';
import { readJson } from '../core/jsonl.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { createGaussianScorer } from '../hmm/gaussians.js';
import { bigramGraph, ngramGraph, type PhoneGraph } from '../search/phone-graph.js';
import { createHmmViterbi } from '../hmm/viterbi.js';
import { estimateNgram } from '../lm/kneser-ney.js';
import type { LearnCorpus } from './corpus.js';
import { hmmSchema, loadHmm } from './hmm-emission.js';
import { identity, type LabelledUtterance, type Labels } from './labels.js';
import { asSymbols } from './text-lines.js';

/** The phone n-gram model of the text as a graph of phones. @param order 2 for a bigram */
export function textGraph({ sentences, phones, matched }: LearnCorpus, order: number): PhoneGraph {
  const lm = estimateNgram(asSymbols(sentences, phones), { order });
  return ngramGraph(
    lm,
    phones.slice(0, matched).map((phone) => lm.id(phone)),
  );
}

/**
 * Shares of the best path's probability at which a path is dropped: of the model's own bigram, and of an n-gram's many
 * nodes. The first loses the best path of an utterance in five at the scale of judging, the second more; the exact
 * search takes ten times as long, and how well choices are made was measured with these.
 */
const beams = { bigram: 1e-6, ngram: 1e-4 };

/**
 * @param folder of a run whose emission model is an HMM
 * @param graph the language model; the model's own bigram where it is left out
 * @param scale exponent of the acoustic likelihood instead of the model's own
 * @throws AsrError 'input' when its files are damaged
 */
export async function hmmLabels(
  folder: string,
  corpus: LearnCorpus,
  compute: Compute,
  graph?: PhoneGraph,
  scale?: number,
): Promise<Labels> {
  const { topology, gaussians, acousticScale } = await loadHmm(
    folder,
    await readJson(join(folder, 'emission.json'), hmmSchema),
  );
  await using scorer = held(await createGaussianScorer(gaussians, compute, { reuse: true }));
  const decode = createHmmViterbi(graph ?? bigramGraph(topology.bigram), {
    ...topology,
    acousticScale: scale ?? acousticScale,
    beam: graph ? beams.ngram : beams.bigram,
  });
  const utterances: LabelledUtterance[] = [];
  for (const { id } of corpus.utterances) {
    const { data, rows } = await corpus.frames.read(id);
    const { phones, ends } = decode(await scorer.score(data, rows), rows);
    utterances.push({ id, ends, symbols: phones });
  }
  return { utterances, meaning: identity(topology.phones) };
}
