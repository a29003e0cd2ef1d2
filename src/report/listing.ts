// Every utterance in a line: whose it is, how long, how wrong, what was recognised. For
// the table that people sort and filter.
import { align } from '../score/edit-distance.js';
import { sampleRate } from '../core/time.js';
import { RecognisedCorpus, type RecognisedFolders, type Scorable } from '../score/hypotheses.js';
import { scoredReferences } from '../score/report.js';
import { countErrors } from '../score/score.js';
import { readUtterances } from '../vad/folder.js';

export interface ListedUtterance {
  readonly id: string;
  readonly speaker: string;
  readonly split: string;
  /** Of speech. */
  readonly seconds: number;
  /** Phones that are wrong, and those of the reference; absent without one. */
  readonly errors?: number;
  readonly length?: number;
  /** Words where there are any, else phones. */
  readonly text: string;
}

export interface Listing {
  readonly rows: readonly ListedUtterance[];
  /** Of the corpus, those that are not listed among them. */
  readonly all: number;
}

/** Characters of a transcript in the table. */
const mostText = 400;

/** @param scored whether there are references: then by what they name, test part first. @param most rows */
export async function listUtterances(
  folders: RecognisedFolders & { readonly score: string },
  scored: boolean,
  silence: string,
  most: number,
): Promise<Listing> {
  const corpus = await RecognisedCorpus.load(folders);
  const rows: ListedUtterance[] = [];
  const rest: ListedUtterance[] = [];
  let all = 0;
  const add = (id: string, found: Scorable, reference?: readonly string[]): void => {
    all++;
    const into = found.split === 'test' ? rows : rest;
    if (into.length >= most) return;
    const phones = corpus.phones(found, silence);
    const counts = reference && countErrors(align(reference, phones));
    into.push({
      id,
      speaker: found.speaker,
      split: found.split,
      seconds: Math.round((100 * found.samples) / sampleRate) / 100,
      ...(counts ? { errors: counts.errors, length: counts.length } : {}),
      text: (corpus.words(found) ?? phones).join(' ').slice(0, mostText),
    });
  };
  if (scored)
    for await (const { id, phones } of scoredReferences(folders.score)) {
      const found = corpus.find(id);
      if (found) add(id, found, phones);
    }
  else
    for await (const { id, speaker, split, samples } of readUtterances(folders.vad))
      add(id, { speaker, split, samples, utterances: [id] });
  return { rows: [...rows, ...rest].slice(0, most), all };
}
