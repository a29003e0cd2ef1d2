// What may help an adversarial training beside the paper's settings, all off by default: text as rough as segments,
// weights that change on the way, statistics matched beside the discriminator, two views, easy things first.
import { z } from 'zod';
import { section } from '../core/config.js';
import { share, weight } from './config-numbers.js';

const factor = (what: string) =>
  z.number().positive().max(1000).default(1).describe(`what ${what} is multiplied by at the start; 1 = constant`);

export const aids = {
  text: section({
    matched: z
      .boolean()
      .default(false)
      .describe(
        'an utterance meets a line of text that is as long among lines as it is among utterances, ' +
          'within a twentieth of them; false = any line',
      ),
    deletion: share(0, 'chance that a phone of a line is left out, as segments miss phones'),
    insertion: share(
      0,
      'chance that a phone of the text follows where none was, as segments have too many; neighbours that then are ' +
        'equal are joined, as those of the output are',
    ),
  }),
  course: section({
    share: share(0.5, 'share of the updates in which the following go, in a line, from their starts to what is set'),
    codePenalty: factor('`codePenalty`'),
    smoothness: factor('`smoothness`'),
    temperature: factor('`generator.temperature`'),
  }),
  pairs: section({
    weight: weight(
      0,
      'weight of the divergence (nats) of single phones and of pairs of neighbours between the text and the outputs ' +
        'of a batch; 0 = none',
    ),
    share: share(0.5, 'share of the updates over which that weight falls in a line to nothing'),
  }),
  consistency: weight(
    0,
    'weight of the divergence (nats) between the outputs for two dropout masks of the same segments; 0 = none',
  ),
  curriculum: section({
    by: z
      .enum(['none', 'length', 'frequency'])
      .default('none')
      .describe(
        'what is left out at first: length = longer utterances and lines; frequency = rarer phones of the text',
      ),
    from: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.25)
      .describe('share of utterances and lines, or of phones, in use first'),
    share: share(0.3, 'share of the updates in which that grows to all'),
  }),
};
