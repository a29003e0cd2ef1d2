// How good labels are, without a reference: one Gaussian for each state of each phone learns from one half of the
// utterances, and what it hears in the others, with quiet help of a bigram, is judged by the language model of the
// text. Labels that fit the sound make a model that hears what the text is like. The same for every recogniser,
// whatever wrote the labels.
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import type { LabelFreeScore } from '../learn/metric.js';
import { evenAlignment, type Alignment } from '../triphone/alignment.js';
import { trainMonophones } from '../triphone/passes.js';
import type { SelftrainHmmConfig } from './config.js';
import type { RecognisedLabels, SelftrainCorpus } from './corpus.js';
import { trainOptions } from './options.js';
import { createRecogniser } from '../learn/triphone-recogniser.js';

const iterations = 4;

/**
 * @param labels of all utterances; those of the training split count.
 * @returns undefined where too few were recognised to judge
 */
export async function scoreLabels(
  corpus: SelftrainCorpus,
  { labels, silence }: RecognisedLabels,
  config: SelftrainHmmConfig,
  rng: Rng,
  compute: Compute,
): Promise<LabelFreeScore | undefined> {
  // In random order: every second utterance may be of one speaker.
  const training = rng.fork('judge').shuffleInPlace(corpus.utterances.filter(({ split }) => split === 'train'));
  const learned = new Map<string, Alignment>();
  training.forEach(({ id }, i) => {
    const own = labels.get(id);
    if (i % 2 === 0 && own) learned.set(id, evenAlignment(own.phones, own.ends, config.states));
  });
  const others = training.filter((_, i) => i % 2 === 1);
  const step = Math.max(1, others.length / config.judgedUtterances);
  const judged = others.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  if (learned.size === 0 || judged.length === 0) return undefined;
  const phones = corpus.phones.length;
  const { model } = await trainMonophones(
    { phones, statesPerPhone: config.states, silence },
    { view: corpus.view, alignments: learned },
    { ...trainOptions(config, 1), iterations, realign: iterations >> 1 },
    () => undefined,
  );
  await using recogniser = held(
    await createRecogniser(
      model,
      {
        phones: corpus.phones,
        lm: corpus.bigram,
        lmWeight: 1,
        insertion: 0,
        acousticScale: config.judgedScale,
        beam: 1.5 * config.beam,
        maxActive: config.maxActive,
      },
      compute,
    ),
  );
  const transcripts: Int32Array[] = [];
  for (const { id } of judged) {
    const { data, rows } = await corpus.view.read(id);
    transcripts.push((await recogniser.recognise(data, rows)).phones.filter((phone) => phone !== phones));
  }
  return corpus.textFit(transcripts);
}
