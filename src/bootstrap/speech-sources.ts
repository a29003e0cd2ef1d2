// Where labelled speech comes from: eSpeak NG alone unless a recipe lists sources; how much of a batch each of them is;
// and what is said of each in runs.jsonl and on the card.
import { z } from 'zod';
import { audioConfig, layoutNames } from '../audio/config.js';

const usualShare = 0.25;

const labelled = {
  share: z
    .number()
    .positive()
    .max(1)
    .default(usualShare)
    .describe('of the crops of a batch; eSpeak NG has what the others leave, without it shares are parts of their sum'),
  hours: z.number().positive().max(1000).default(1).describe('hours of speech that are taken, drawn at random'),
  language: z.string().max(100).default('').describe('what is spoken, as an eSpeak NG voice; empty = text.language'),
  furthest: z
    .number()
    .min(0)
    .max(100)
    .default(1.1)
    .describe('distance beyond which a phone has no counterpart and its frames no label; 0 = equal symbols alone'),
};

const espeakSource = z.strictObject({ kind: z.literal('espeak') });

const commandSource = z.strictObject({
  kind: z.literal('command'),
  command: z
    .string()
    .min(1)
    .max(4000)
    .describe('program and arguments; {wav} is the file that it writes, {text} the sentence, which else is its stdin'),
  seconds: z.number().positive().max(3600).default(30).describe('s, after which a sentence is given up'),
  ...labelled,
});

const layouts = audioConfig.shape;
const folderSource = z.strictObject({
  kind: z.literal('folder'),
  dir: z.string().min(1).max(4000).describe('folder of the recordings, relative to the data folder'),
  layout: z
    .enum(['auto', ...layoutNames])
    .default('auto')
    .describe('as audio.layout; auto = by what lies in it'),
  parts: layouts.parts,
  table: layouts.table,
  columns: layouts.columns,
  ids: layouts.ids,
  speakers: layouts.speakers,
  transcripts: z
    .string()
    .max(4000)
    .default('')
    .describe('file of transcripts in any known format, relative to the data folder; empty = those of the layout'),
  unit: z.enum(['words', 'phones']).default('words').describe('what the transcripts hold'),
  pronunciation: z
    .enum(['espeak', 'lexicon', 'letters'])
    .default('espeak')
    .describe('as text.pronunciation, of `language`'),
  lexicon: z.string().max(4000).default('').describe('as text.lexicon'),
  ...labelled,
});

const sourceSchema = z.discriminatedUnion('kind', [espeakSource, commandSource, folderSource]);
export type SpeechSource = z.infer<typeof sourceSchema>;
export type CommandSource = z.infer<typeof commandSource>;
export type FolderSource = z.infer<typeof folderSource>;
export type LabelledSpeechSource = CommandSource | FolderSource;

export const sourcesSetting = z
  .array(sourceSchema)
  .min(1)
  .max(8)
  .refine((list) => list.filter(({ kind }) => kind === 'espeak').length <= 1, 'espeak stands twice')
  .refine(
    (list) => !list.some(({ kind }) => kind === 'espeak') || otherShares(list) < 1,
    'the shares of the others leave nothing to espeak: their sum must be below 1',
  )
  .optional()
  .describe(
    'where labelled speech comes from: `kind: espeak`, `command` (another synthesiser) or `folder` (recordings with ' +
      'transcripts, mostly of another language); docs/bootstrap.md has their settings; absent = eSpeak NG alone',
  );

const otherShares = (list: readonly SpeechSource[]): number =>
  list.reduce((sum, source) => sum + (source.kind === 'espeak' ? 0 : source.share), 0);

const espeakAlone: readonly SpeechSource[] = [{ kind: 'espeak' }];

/** The list of a recipe, eSpeak NG first, since an epoch is one pass over the first. */
export const listedSources = (list: readonly SpeechSource[] | undefined): readonly SpeechSource[] =>
  list === undefined
    ? espeakAlone
    : [...list].sort((a, b) => Number(b.kind === 'espeak') - Number(a.kind === 'espeak'));

/** Each source's part of the speech that is not the recordings; they sum to 1. */
export function sharesOf(list: readonly SpeechSource[]): number[] {
  const others = otherShares(list);
  const withEspeak = list.some(({ kind }) => kind === 'espeak');
  return list.map((source) =>
    source.kind === 'espeak' ? 1 - others : withEspeak ? source.share : source.share / others,
  );
}

/** Whole crops for shares that sum to 1, by largest remainders; each has one at least where there are enough. */
export function cropsByShare(crops: number, shares: readonly number[]): number[] {
  const least = crops >= shares.length ? 1 : 0;
  const wanted = shares.map((share) => share * crops);
  const given = wanted.map((amount) => Math.max(least, Math.floor(amount)));
  const sum = (): number => given.reduce((a, b) => a + b, 0);
  while (sum() < crops) given[furthestFrom((i) => wanted[i]! - given[i]!)]!++;
  while (sum() > crops) given[furthestFrom((i) => (given[i]! > least ? given[i]! - wanted[i]! : -Infinity))]!--;
  return given;

  function furthestFrom(off: (i: number) => number): number {
    return given.reduce((best, _, i) => (off(i) > off(best) ? i : best), 0);
  }
}
