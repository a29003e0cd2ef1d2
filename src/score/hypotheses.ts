// What was recognised, by what the references name: a recording with all of its utterances in order of time, or
// one utterance alone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonl, readLines } from '../core/jsonl.js';
import { utteranceSchema, type Split, type Utterance } from '../core/records.js';

/** A reference's counterpart. */
export interface Scorable {
  readonly speaker: string;
  readonly split: Split | undefined;
  /** Utterance ids in order of time; none where the recording held nothing that could be used. */
  readonly utterances: readonly string[];
  /** Samples of speech at 16 kHz. */
  readonly samples: number;
}

export class RecognisedCorpus {
  readonly #recordings = new Map<string, Utterance[]>();
  readonly #utterances = new Map<string, Utterance>();
  readonly #unusable = new Set<string>();
  /** Lines of hyp.txt without their ids; split when they are needed. */
  readonly #hypotheses = new Map<string, string>();

  /**
   * @param vad folder with utterances.jsonl and, for recordings without usable sound, skipped.jsonl
   * @param decode folder with hyp.txt
   */
  static async load(vad: string, decode: string): Promise<RecognisedCorpus> {
    const corpus = new RecognisedCorpus();
    for await (const utterance of readJsonl(join(vad, 'utterances.jsonl'), utteranceSchema)) {
      const siblings = corpus.#recordings.get(utterance.recording);
      if (siblings) siblings.push(utterance);
      else corpus.#recordings.set(utterance.recording, [utterance]);
      corpus.#utterances.set(utterance.id, utterance);
    }
    for (const siblings of corpus.#recordings.values()) siblings.sort((a, b) => start(a) - start(b));
    const skipped = join(vad, 'skipped.jsonl');
    if (existsSync(skipped)) for await (const { id } of readJsonl(skipped, z.object({ id: z.string() }))) corpus.#unusable.add(id);
    for await (const line of readLines(join(decode, 'hyp.txt'))) {
      const at = line.indexOf(' ');
      if (line !== '') corpus.#hypotheses.set(at < 0 ? line : line.slice(0, at), at < 0 ? '' : line.slice(at + 1));
    }
    return corpus;
  }

  /** Utterances that were found in the sound, and their samples. */
  get totals(): { utterances: number; samples: number } {
    let samples = 0;
    for (const utterance of this.#utterances.values()) samples += utterance.samples;
    return { utterances: this.#utterances.size, samples };
  }

  /** @returns undefined for an id that no sound has; its split is undefined where the sound was unusable */
  find(id: string): Scorable | undefined {
    const alone = this.#utterances.get(id);
    const utterances = this.#recordings.get(id) ?? (alone ? [alone] : []);
    const [first] = utterances;
    if (!first) return this.#unusable.has(id) ? { speaker: 'unknown', split: undefined, utterances: [], samples: 0 } : undefined;
    return {
      speaker: first.speaker, split: first.split, utterances: utterances.map((utterance) => utterance.id),
      samples: utterances.reduce((sum, utterance) => sum + utterance.samples, 0),
    };
  }

  /** Recognised phones, joined, without silence; utterances that were not decoded add nothing. */
  phones({ utterances }: Scorable, silence: string): string[] {
    return utterances.flatMap((id) => (this.#hypotheses.get(id) ?? '').split(' ')).filter((phone) => phone !== '' && phone !== silence);
  }

  /** Utterances of a reference that were never decoded. */
  undecoded({ utterances }: Scorable): string[] {
    return utterances.filter((id) => !this.#hypotheses.has(id));
  }
}

const start = (utterance: Utterance): number => utterance.regions[0]?.[0] ?? 0;
