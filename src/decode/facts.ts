// What a verdict goes by: transcripts and what the sound alone says, of utterances spread evenly over the training
// part, beside the text's language model. No label enters.
import { readJsonl } from '../core/jsonl.js';
import { hypothesisSchema } from '../core/records.js';
import { sampleRate } from '../core/time.js';
import { agreementOf } from '../learn/agreement.js';
import { readDirection } from '../learn/backwards.js';
import type { EmissionModel } from '../learn/emission-model.js';
import type { Facts } from '../learn/verdict.js';
import { readArpa } from '../lm/arpa.js';
import type { NgramModel } from '../lm/ngram.js';
import { readTextStats, textPath } from '../text/folder.js';
import type { DecodeConfig } from './config.js';
import { createDecoder } from './decoder.js';
import { decodeItems, type InputFolders } from './inputs.js';

/** More change the numbers by less than the seeds do. */
const mostUtterances = 200;
/** Phones of one utterance, twice. */
interface RecognisedUtterance {
  readonly alone: readonly string[];
  readonly transcript: readonly string[];
}

/** @param hypotheses hypotheses.jsonl of the decode stage */
export async function measureFacts(
  model: EmissionModel,
  config: DecodeConfig,
  folders: InputFolders & { readonly text: string; readonly learn: string },
  hypotheses: string,
): Promise<Facts> {
  const transcripts = await sampled(hypotheses);
  const greedy = createDecoder(model, { ...config, method: 'greedy' }, {});
  const recognised: RecognisedUtterance[] = [];
  let samples = 0;
  for await (const { utterance, input } of decodeItems(folders, model.needsFrames, (id) => transcripts.has(id))) {
    const transcript = transcripts.get(utterance.id);
    if (!input || !transcript) continue;
    const alone = greedy.decode(await model.emit(input)).phones.map(({ text }) => text);
    recognised.push({ alone, transcript });
    samples += utterance.samples;
  }
  const { heldOutPerplexity, phonesPerSentence } = await readTextStats(
    folders.text,
    'heldOutPerplexity',
    'phonesPerSentence',
  );
  return factsOf(
    recognised,
    await readArpa(textPath(folders.text, 'phoneLm')),
    heldOutPerplexity ?? undefined,
    // Lines of the text need not be as long as utterances: where learning found the rate of the sound, that counts.
    model.phonesPerSecond === undefined
      ? phonesPerSentence * recognised.length
      : (model.phonesPerSecond * samples) / sampleRate,
    await readDirection(folders.learn),
  );
}

/**
 * @param expected phones in all of these utterances
 * @param direction how much better matching fits the sound forwards than backwards, where that is known
 */
export function factsOf(
  recognised: readonly RecognisedUtterance[],
  lm: NgramModel,
  textPerplexity: number | undefined,
  expected: number,
  direction: number | null = null,
): Facts {
  const transcripts = recognised.map(({ transcript }) => transcript);
  const over = (sentences: readonly (readonly string[])[]): number | null => {
    const own = perplexityOfPhones(lm, sentences);
    return own === undefined || textPerplexity === undefined ? null : own / textPerplexity;
  };
  const counts = new Map<string, number>();
  for (const phone of transcripts.flat()) counts.set(phone, (counts.get(phone) ?? 0) + 1);
  const phones = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    soundPerplexity: over(recognised.map(({ alone }) => alone)),
    perplexity: over(transcripts),
    dependence: agreementOf(
      recognised.map(({ alone }) => alone),
      transcripts,
    ),
    direction,
    rate: recognised.length === 0 ? null : phones / expected,
    topShare: phones === 0 ? null : Math.max(...counts.values()) / phones,
    utterances: recognised.length,
  };
}

/** Ends of sentences do not count: utterances and sentences of other lengths have other shares of them. */
function perplexityOfPhones(lm: NgramModel, sentences: readonly (readonly string[])[]): number | undefined {
  let [logProb, phones] = [0, 0];
  for (const sentence of sentences) {
    let state = lm.startState;
    for (const symbol of sentence) {
      const id = lm.id(symbol);
      logProb += lm.score(state, id);
      state = lm.advance(state, id);
    }
    phones += sentence.length;
  }
  return phones === 0 ? undefined : 10 ** (-logProb / phones);
}

/** Transcripts by id; of training utterances where there are any. */
async function sampled(hypotheses: string): Promise<Map<string, string[]>> {
  const splits = { train: 0, test: 0 };
  for await (const { split } of readJsonl(hypotheses, hypothesisSchema)) splits[split]++;
  const from = splits.train > 0 ? 'train' : 'test';
  const step = Math.max(1, splits[from] / mostUtterances);
  const chosen = new Map<string, string[]>();
  let number = 0;
  for await (const { id, split, phones } of readJsonl(hypotheses, hypothesisSchema)) {
    if (split !== from || number++ < chosen.size * step) continue;
    chosen.set(
      id,
      phones.map(({ phone }) => phone),
    );
  }
  return chosen;
}
