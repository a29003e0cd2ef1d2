// What counts as a training that has collapsed, and what is done about it: settings of collapse.ts.
import { z } from 'zod';
import { section } from '../core/config.js';
import { share, weight } from './config-numbers.js';

export const collapseConfig = section({
  vocabulary: share(0.5, 'a run whose best evaluation uses less of the phone set than this has collapsed'),
  shortest: weight(
    0.33,
    'a run whose output has fewer phones per utterance than this share of a text line has collapsed',
  ),
  longest: weight(
    3,
    'a run whose output has more phones per utterance than this multiple of a text line has collapsed',
  ),
  topShare: share(0.5, 'a run whose best evaluation consists of one phone by more than this has collapsed'),
  discriminator: share(
    0.995,
    'a discriminator that tells more than this share of text and output ' +
      'apart, while the metric no longer falls, has won',
  ),
  outrun: share(
    0.25,
    'a discriminator that tells less than this share of text and output apart is ' +
      'outrun by the generator; guessing tells half apart',
  ),
  patience: z
    .number()
    .int()
    .nonnegative()
    .max(1e6)
    .default(10)
    .describe(
      'evaluations in a row that show a collapse, a discriminator that won or one that is outrun, after which a ' +
        'run is given up and the updates that are left go to a new one; 0 = never',
    ),
  successors: z
    .number()
    .int()
    .nonnegative()
    .max(100)
    .default(3)
    .describe(
      'new trainings that may take over what a given-up one leaves of its updates, one after the other; settings ' +
        'that make every one collapse would fill the night with them',
    ),
  overText: weight(
    3,
    'a run whose metric exceeds that of held-out text by this factor has not ' +
      'converged; used only when that metric is given',
  ),
});
