// Everything that can be set in the learn stage: which method, how many runs of it, and each method's own settings.
import { z } from 'zod';
import { bootstrapConfig } from '../bootstrap/config.js';
import { section } from '../core/config.js';
import { byPlugin, pluginSetting } from '../core/plugins.js';
import { ganConfig } from '../gan/config.js';
import { hmmConfig } from '../hmm/config.js';
import { matchingConfig } from '../matching/config.js';

export const learnConfig = z.object({
  method: z
    .enum(['matching', 'gan', 'bootstrap', byPlugin])
    .default('matching')
    .describe(
      'matching = n-gram statistics of units and text made equal (seconds); bootstrap = a network ' +
        'trained on synthetic speech of the text, moved over to the recordings (an hour; languages of ' +
        'eSpeak NG); gan = adversarial training of a generator as in wav2vec-U (hours); or the name ' +
        'of a method that a module of `use` registers',
    ),
  seeds: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('independent trainings; one of matching already holds matching.restarts random starts'),
  fitHours: z
    .number()
    .positive()
    .max(1e6)
    .default(100)
    .describe(
      'hours of speech that are learned from, of training utterances by chance where there are more; all are ' +
        'decoded. HMMs and statistics of units have few numbers, and time and memory do not grow with a large corpus',
    ),
  fitPhones: z
    .number()
    .int()
    .positive()
    .max(1e9)
    .default(20_000_000)
    .describe(
      'phones of the text that are learned from, in sentences by chance where there are more (400,000 sentences of ' +
        '50); the language model of the text stage knows all of them',
    ),
  choice: z
    .enum(['metric', 'paper'])
    .default('metric')
    .describe(
      'across runs: metric = lowest perplexity over squared vocabulary use (among HMMs lowest ln of it minus the ' +
        'log-likelihood of seven frames, about a phone), but for rounds of the bootstrap the lowest perplexity of ' +
        'what the sound alone says; paper = the three steps of wav2vec-U, section 3.3',
    ),
  refine: z
    .enum(['hmm', 'none'])
    .default('hmm')
    .describe(
      'hmm = cycles of phone HMM and matching, which also move the boundaries (one hour of synthetic Spanish: .6 ' +
        'to about .1 in two minutes on two cores); none = what the method gives',
    ),
  silence: z
    .enum(['cut', 'modelled'])
    .default('cut')
    .describe(
      'cut = what the vad stage left is speech; modelled = silence is matched and gets states in the HMM as ' +
        'one more phone, from the <SIL> of the text: for features of encoders, which hear it well, and ' +
        'recordings whose pauses the vad stage leaves',
    ),
  plugin: pluginSetting,
  matching: matchingConfig,
  cycle: section({
    starts: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe(
        'runs of the method, best metric first, that get an HMM and rounds of their own: a chain; chains go on at ' +
          'the same time, on as many cores as there are',
      ),
    rounds: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(5)
      .describe(
        'further rounds of a chain, each from its best HMM so far: its boundaries, ' +
          'new units, matching from its labels, a new HMM',
      ),
    patience: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(100)
      .describe('rounds one after the other without a better HMM after which a chain ends before its time'),
    restarts: z
      .number()
      .int()
      .min(1)
      .max(256)
      .default(3)
      .describe('starts of matching in a round: from the labels, the others from a blurred copy of them'),
    deletion: z
      .number()
      .min(0)
      .max(1)
      .default(0.03)
      .describe("share of the text's phones left out in a round: an HMM cuts better than the segmenter"),
    duplication: z.number().min(0).max(1).default(0.03).describe("share of the text's phones doubled in a round"),
    clusterPasses: z.number().int().min(1).max(1000).default(10).describe('passes of k-means over the new segments'),
  }),
  hmm: hmmConfig,
  bootstrap: bootstrapConfig,
  gan: ganConfig.prefault({}),
});
export type LearnConfig = z.infer<typeof learnConfig>;
