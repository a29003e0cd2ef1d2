// How many phones a second the recordings should hold: the estimates of src/bootstrap/length.ts made from the folders
// of a run, and what is said where they differ.
import { adaptNetwork, storePosteriors } from '../bootstrap/adapted-network.js';
import { createFrameScorer } from '../bootstrap/acoustic-model.js';
import {
  expectLength,
  fitInsertion,
  type ExpectedLength,
  type LengthEstimates,
  type ScoredRows,
} from '../bootstrap/length.js';
import type { NetworkShape } from '../bootstrap/network.js';
import type { PhoneGraph } from '../bootstrap/search.js';
import type { BootstrapSettings } from '../bootstrap/settings.js';
import { openSpeech } from '../bootstrap/sources.js';
import { readSpokenPhones } from '../bootstrap/speech-writer.js';
import { withoutRepeats } from '../core/without-repeats.js';
import { ShardReader } from '../core/shards.js';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';

export interface LengthInputs {
  readonly shape: NetworkShape;
  /** Weights after synthetic speech. */
  readonly start: Readonly<Record<string, Float32Array>>;
  readonly graph: PhoneGraph;
  readonly config: BootstrapSettings;
  /** Synthetic speech that was not learned from, and a folder for what the network says of it. */
  readonly heldOut: string;
  readonly scratch: string;
  /** Phone numbers without silence. */
  readonly sentences: readonly Int32Array[];
  /** Training utterances and their seconds in all. */
  readonly utterances: number;
  readonly seconds: number;
  readonly hopSeconds: number;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** @param recognised phones a second that the network finds in the recordings with an insertion score */
export async function expectedLength(
  inputs: LengthInputs,
  recognised: (insertion: number) => Promise<number>,
): Promise<ExpectedLength> {
  const { sentences, utterances, seconds, config, log } = inputs;
  const phonesPerSentence =
    sentences.reduce((sum, sentence) => sum + withoutRepeats(sentence).length, 0) / sentences.length;
  const estimates: LengthEstimates = {
    text: (phonesPerSentence * utterances) / seconds,
    source: await recognised(await insertionOfSource(inputs)),
  };
  const length = expectLength(estimates, config.length.from);
  const message =
    `phones a second: ${estimates.text.toFixed(2)} by the text, ${estimates.source.toFixed(2)} by the ` +
    `source, expecting ${length.expected.toFixed(2)}`;
  if (length.spread > 1 + config.length.warnBeyond)
    log.warn(
      `${message}. They differ by more than ${(100 * config.length.warnBeyond).toFixed(0)} %: if the text's ` +
        'lines are as long as what is said in one utterance, set learn.bootstrap.length.from=text; if they ' +
        'are longer or shorter than that, from=source',
    );
  else log.info(message);
  return length;
}

/** With which held-out synthetic speech gets its true length. */
async function insertionOfSource({
  shape,
  start,
  graph,
  config,
  heldOut,
  scratch,
  hopSeconds,
  rng,
  compute,
  signal,
}: LengthInputs): Promise<number> {
  const speech = await openSpeech(heldOut, hopSeconds, shape);
  const frames = {
    columns: speech.bands,
    rowsOf: (id: string) => speech.rowsOf(id),
    read: (id: string) => speech.readFrames(id),
  };
  const phones = await readSpokenPhones(heldOut);
  try {
    const spoken = { frames, ids: speech.ids };
    const network = await adaptNetwork({ shape, parameters: start }, spoken, config.train.crop, rng, compute);
    const acoustics = await storePosteriors(network, spoken, scratch, compute);
    const scorer = await createFrameScorer(acoustics, { ...config.decode, ...config.adapt }, compute);
    const posteriors = await ShardReader.open(scratch);
    const sample: ScoredRows[] = [];
    let said = 0;
    for (const id of speech.ids) {
      const { data, rows } = await posteriors.read(id);
      const { data: own, rows: count } = await frames.read(id);
      sample.push({ scores: await scorer.score(data, own, count), rows });
      said += phones[id] ?? 0;
    }
    await posteriors.close();
    await scorer.dispose();
    return await fitInsertion(sample, graph, config.decode, said, signal);
  } finally {
    await speech.close();
  }
}
