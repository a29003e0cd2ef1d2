// Configuration of the report stage: how much of a run the page shows.
import { z } from 'zod';

export const reportConfig = z.object({
  worst: z
    .number()
    .int()
    .nonnegative()
    .max(100)
    .default(4)
    .describe('utterances with the highest error rate to show with sound; without references: utterances at random'),
  median: z
    .number()
    .int()
    .nonnegative()
    .max(100)
    .default(4)
    .describe(
      'utterances around the median error rate to show with sound; without references: more utterances at random',
    ),
  soundSeconds: z
    .number()
    .positive()
    .max(600)
    .default(10)
    .describe('seconds of sound shown of each; 43 kB of the page a second, so that eight of them keep it below 5 MB'),
  listed: z
    .number()
    .int()
    .nonnegative()
    .max(100_000)
    .default(2000)
    .describe('utterances in the table of all of them, test part first; about 200 bytes of the page each'),
  curvePoints: z
    .number()
    .int()
    .min(2)
    .max(10_000)
    .default(200)
    .describe('points kept of each training curve; more than a screen can show is waste'),
});
export type ReportConfig = z.infer<typeof reportConfig>;
