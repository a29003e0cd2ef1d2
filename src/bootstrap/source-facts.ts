// What was learned from a source of labelled speech, for runs.jsonl, the model's record and the card.
import { z } from 'zod';

/** Of one source. */
export const sourceFactsSchema = z.object({
  kind: z.enum(['espeak', 'command', 'folder']),
  /** Of the speech beside the recordings. */
  share: z.number().min(0).max(1),
  /** Name of the program or the folder, without its path. */
  name: z.string(),
  language: z.string(),
  /** What people labelled in it, for people. */
  labelled: z.string(),
  utterances: z.number().int().nonnegative().max(1e9),
  seconds: z.number().nonnegative().max(1e12),
  /** Utterances that were left out, by reason. */
  leftOut: z.record(z.string(), z.number().int().nonnegative().max(1e9)),
  /** Its phones by their names in the text's set, where these differ, and those without. */
  changed: z.array(z.tuple([z.string(), z.string()])),
  unknown: z.array(z.string()),
});
export type SourceFacts = z.infer<typeof sourceFactsSchema>;
