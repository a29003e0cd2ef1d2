// The cycle: labels of a run, a phone HMM trained from them, its boundaries, new units, matching from its labels,
// the next HMM. Each round starts from the HMM that the label-free metric likes best so far.
import { join } from 'node:path';
import { writeFileDurably } from '../core/durable.js';
import type { PhoneGraph } from '../search/phone-graph.js';
import type { PhoneBigram } from '../search/phone-graph.js';
import { trainHmm } from '../hmm/train.js';
import { estimateNgram } from '../lm/kneser-ney.js';
import type { LearnCorpus } from './corpus.js';
import { saveHmmEmission } from './emission.js';
import { hmmLabels, textGraph } from './hmm-labels.js';
import { bestLabels, labelledFrames, labelsOf, type Labels } from './labels.js';
import type { LearnIo, LearnRun } from './method.js';
import { runState } from './metric.js';
import { rematch } from './rematch.js';
import { finishedRun, runFolder, writeRun } from './run-folder.js';
import { asSymbols } from './text-lines.js';

/**
 * One chain: an HMM from the labels of the `chain`-th best run, then rounds, each from the best HMM of the chain so
 * far. Chains know nothing of each other, so they may be trained anywhere and at the same time.
 * @param found finished runs of a method
 * @param chain 1, 2, …
 * @returns one run for each HMM; none where fewer runs are alive
 */
export async function refineChain(io: LearnIo, found: readonly LearnRun[], chain: number): Promise<LearnRun[]> {
  const start = alive(found)[chain - 1];
  if (!start) return [];
  const runs: LearnRun[] = [];
  const graph = textGraph(io.corpus, io.config.hmm.order);
  const round = async (
    name: string,
    from: LearnRun,
    prepare: (history: object[]) => Promise<Labels>,
  ): Promise<void> => {
    io.signal?.throwIfAborted();
    const known = await finishedRun(io.out, name);
    const run = known ?? (await fitRun(io, graph, name, from, prepare));
    runs.push(run);
    if (!known)
      io.log.info(
        `${name} from ${from.name}: metric ${run.score.metric.toFixed(2)}, ` +
          `${(100 * run.score.vocabularySeen).toFixed(0)} % of the phones, length x ` +
          Math.exp(run.score.logLengthRatio).toFixed(2),
      );
  };
  await round(`hmm-${chain}`, start, () => labelsOf(runFolder(io.out, start.name), io.corpus, io.compute));
  for (let r = 1; r <= io.config.cycle.rounds; r++) {
    const best = alive(runs)[0];
    if (!best || runs.length - 1 - runs.indexOf(best) >= io.config.cycle.patience) break;
    const name = `cycle-${chain}-${r}`;
    await round(name, best, async (history) =>
      rematch(io, name, await hmmLabels(runFolder(io.out, best.name), io.corpus, io.compute, graph), history),
    );
  }
  return runs;
}

/** Runs that did not collapse, the best metric first. */
const alive = (runs: readonly LearnRun[]): LearnRun[] =>
  runs.filter(({ state }) => state !== 'collapsed').sort((a, b) => a.score.metric - b.score.metric);

/** Of one hour of synthetic Spanish. */
const mfccScale = 0.1;

/** Trains one HMM, and judges it by what its saved files make of the training utterances. */
async function fitRun(
  io: LearnIo,
  graph: PhoneGraph,
  name: string,
  from: LearnRun,
  prepare: (history: object[]) => Promise<Labels>,
): Promise<LearnRun> {
  const { corpus, config, compute } = io;
  const history: object[] = [];
  const prepared = await prepare(history);
  const labels = config.hmm.labels === 'best' ? bestLabels(prepared, corpus.matched) : prepared;
  return writeRun(io.out, name, async (folder) => {
    let loss: number | null = null;
    const hmm = await trainHmm({
      utterances: () => labelledFrames(corpus, labels),
      dim: corpus.frames.columns ?? 1,
      bigram: phoneBigram(corpus),
      graph,
      framesPerPhone: framesPerPhone(corpus),
      config: config.hmm,
      usualScale: corpus.grid.kind === 'mfcc' ? mfccScale : 'by evidence',
      compute,
      onStart: (evidence, acousticScale) => {
        history.push({ evidence, acousticScale });
        io.log.debug(
          `${name}: frames tell ${evidence.toFixed(2)} nats of their labels, ` +
            `${(evidence * acousticScale * framesPerPhone(corpus)).toFixed(1)} a phone at the scale ` +
            acousticScale.toPrecision(3),
        );
      },
      onPass: (pass, logLikelihood) => {
        io.signal?.throwIfAborted();
        loss = -logLikelihood;
        history.push({ pass, logLikelihood });
      },
    });
    await saveHmmEmission(folder, corpus, hmm);
    await writeFileDurably(join(folder, 'metrics.jsonl'), history.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const decoded = await hmmLabels(
      folder,
      corpus,
      compute,
      undefined,
      Math.max(config.hmm.judgedScale ?? Math.min(1, 5 * hmm.acousticScale), hmm.acousticScale),
    );
    const score = io.textFit(decoded.utterances.map(({ symbols }) => symbols));
    return {
      name,
      method: 'hmm',
      seed: `from ${from.name}`,
      loss,
      score,
      ...runState(score, io.textMetric, io.rateRatio),
    };
  });
}

function phoneBigram({ sentences, phones, matched }: LearnCorpus): PhoneBigram {
  const spoken = phones.slice(0, matched);
  const lm = estimateNgram(asSymbols(sentences, phones), { order: 2 });
  const ids = spoken.map((phone) => lm.id(phone));
  const after = ids.map((id) => lm.advance(lm.emptyState, id));
  return {
    initial: Float64Array.from(ids, (id) => 10 ** lm.score(lm.startState, id)),
    next: Float64Array.from(after.flatMap((state) => ids.map((id) => 10 ** lm.score(state, id)))),
    final: Float64Array.from(after, (state) => 10 ** lm.finish(state)),
  };
}

/** Supposes, as the segment rate does, that an utterance has as many phones as a sentence of the text. */
function framesPerPhone({ utterances, sentences, frames }: LearnCorpus): number {
  const rows = utterances.reduce((sum, { id }) => sum + frames.rowsOf(id), 0);
  const phonesPerSentence = sentences.reduce((sum, sentence) => sum + sentence.length, 0) / sentences.length;
  return rows / (utterances.length * phonesPerSentence);
}
