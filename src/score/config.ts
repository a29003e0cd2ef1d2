// Configuration of the score stage: where the references are and what they hold.
import { z } from 'zod';

export const scoreConfig = z.object({
  references: z.string().default('')
    .describe("path of the references, relative to the data folder: `id words…` a line (Kaldi text), `id|words` (.csv) or {id, text} (.jsonl); '' = none, nothing is scored"),
  unit: z.enum(['words', 'phones']).default('words')
    .describe('what the references hold: words, which the text stage\'s own pronunciations turn into phones, or phones'),
});
export type ScoreConfig = z.infer<typeof scoreConfig>;
