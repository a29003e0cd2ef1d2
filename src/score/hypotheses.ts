// What was recognised, by what the references name: a recording with all of its utterances in order of time, or
// one utterance alone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readRecordings } from '../audio/samples.js';
import { readJsonl } from '../core/jsonl.js';
import { hypothesisSchema, splitSchema, type Split, type Utterance } from '../core/records.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { readUtterances } from '../vad/folder.js';

/** A reference's counterpart. */
export interface Scorable {
  readonly speaker: string;
  readonly split: Split;
  /** Utterance ids in order of time; none where the recording held nothing that could be used. */
  readonly utterances: readonly string[];
  /** Samples of speech at 16 kHz. */
  readonly samples: number;
}

/** Output folders of earlier stages. */
export interface RecognisedFolders {
  /** recordings.jsonl; skipped.jsonl names the recordings that could not be decoded. */
  readonly audio: string;
  /** utterances.jsonl; skipped.jsonl names the recordings without usable speech. */
  readonly vad: string;
  /** hypotheses.jsonl: decode's folder, or that of a self-training pass, or of the one that was chosen. */
  readonly hypotheses: string;
}

/** A recording that left no utterance, by what is known of it. */
type Unusable = Pick<Scorable, 'speaker' | 'split'>;

export class RecognisedCorpus {
  readonly #recordings = new Map<string, Utterance[]>();
  readonly #utterances = new Map<string, Utterance>();
  readonly #unusable = new Map<string, Unusable>();
  /** Phones of each utterance, joined by blanks: strings take a fraction of the memory of records. */
  readonly #hypotheses = new Map<string, string>();
  /** Words in the same way; undefined where words were not decoded. */
  #words: Map<string, string> | undefined;

  static async load({ audio, vad, hypotheses }: RecognisedFolders): Promise<RecognisedCorpus> {
    const corpus = new RecognisedCorpus();
    for await (const utterance of readUtterances(vad)) {
      const siblings = corpus.#recordings.get(utterance.recording);
      if (siblings) siblings.push(utterance);
      else corpus.#recordings.set(utterance.recording, [utterance]);
      corpus.#utterances.set(utterance.id, utterance);
    }
    for (const siblings of corpus.#recordings.values()) siblings.sort((a, b) => start(a) - start(b));
    for await (const { id, speaker, split } of readSkipped(audio))
      if (split) corpus.#unusable.set(id, { speaker: speaker ?? 'unknown', split });
    const withoutSpeech = new Set<string>();
    for await (const { id } of readSkipped(vad)) withoutSpeech.add(id);
    for await (const { id, speaker, split } of readRecordings(audio)) {
      if (withoutSpeech.has(id)) corpus.#unusable.set(id, { speaker, split });
    }
    for await (const { id, phones, words } of readJsonl(join(hypotheses, hypothesisFiles.records), hypothesisSchema)) {
      corpus.#hypotheses.set(id, phones.map(({ phone }) => phone).join(' '));
      if (words) (corpus.#words ??= new Map()).set(id, words.map(({ word }) => word).join(' '));
    }
    return corpus;
  }

  /** Utterances that were found in the sound, and their samples. */
  get totals(): { utterances: number; samples: number } {
    let samples = 0;
    for (const utterance of this.#utterances.values()) samples += utterance.samples;
    return { utterances: this.#utterances.size, samples };
  }

  /** @returns undefined for an id that no sound has */
  find(id: string): Scorable | undefined {
    const alone = this.#utterances.get(id);
    const utterances = this.#recordings.get(id) ?? (alone ? [alone] : []);
    const [first] = utterances;
    if (!first) {
      const lost = this.#unusable.get(id);
      return lost && { ...lost, utterances: [], samples: 0 };
    }
    return {
      speaker: first.speaker,
      split: first.split,
      utterances: utterances.map((utterance) => utterance.id),
      samples: utterances.reduce((sum, utterance) => sum + utterance.samples, 0),
    };
  }

  /** Recognised phones, joined, without silence; utterances that were not decoded add nothing. */
  phones({ utterances }: Scorable, silence: string): string[] {
    return utterances
      .flatMap((id) => (this.#hypotheses.get(id) ?? '').split(' '))
      .filter((phone) => phone !== '' && phone !== silence);
  }

  /** Recognised words, joined; undefined where words were not decoded. */
  words({ utterances }: Scorable): string[] | undefined {
    const words = this.#words;
    return words && utterances.flatMap((id) => (words.get(id) ?? '').split(' ')).filter((word) => word !== '');
  }

  /** Utterances of a reference that were never decoded. */
  undecoded({ utterances }: Scorable): string[] {
    return utterances.filter((id) => !this.#hypotheses.has(id));
  }
}

const skippedSchema = z.object({ id: z.string(), speaker: z.string().optional(), split: splitSchema.optional() });

/** What a stage left out; those that are no recordings of the corpus (a duplicate, a bad line) carry no split. */
async function* readSkipped(folder: string): AsyncGenerator<z.infer<typeof skippedSchema>> {
  const path = join(folder, 'skipped.jsonl');
  if (existsSync(path)) yield* readJsonl(path, skippedSchema);
}

const start = (utterance: Utterance): number => utterance.regions[0]?.[0] ?? 0;
