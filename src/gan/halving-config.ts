// Which of several trainings go on after a part of their updates: settings of src/learn/halving.ts.
import { z } from 'zod';
import { section } from '../core/config.js';

export const halvingConfig = section({
  rungs: z
    .array(z.number().positive().max(0.99))
    .max(10)
    .default([])
    .describe(
      'shares of the updates after which the seeds are compared without labels and the worse ones dropped, such as ' +
        '[0.1, 0.3]; [] = every seed is trained to its end',
    ),
  keep: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.5)
    .describe('share of the seeds still in training that goes on from a rung, rounded up'),
});
