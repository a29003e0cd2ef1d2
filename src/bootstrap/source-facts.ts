// What was learned from a source of labelled speech, for runs.jsonl, the model's record and the card.
import { z } from 'zod';

const text = z.string().max(1000);

/** Of one source. */
export const sourceFactsSchema = z.object({
  kind: z.enum(['espeak', 'command', 'folder']),
  /** Of the speech beside the recordings. */
  share: z.number().min(0).max(1),
  /** Name of the program or the folder, without its path. */
  name: text,
  language: text,
  /** What people labelled in it, for people. */
  labelled: text,
  utterances: z.number().int().nonnegative().max(1e9),
  seconds: z.number().nonnegative().max(1e12),
  /** Utterances that were left out, by reason. */
  leftOut: z.record(z.string(), z.number().int().nonnegative().max(1e9)),
  /** Its phones by their names in the text's set, where these differ, and those without. */
  changed: z.array(z.tuple([text, text])).max(10_000),
  unknown: z.array(text).max(10_000),
});
export type SourceFacts = z.infer<typeof sourceFactsSchema>;
