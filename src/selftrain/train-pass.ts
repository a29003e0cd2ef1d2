// One pass: the labels and the model of the pass before in; a trained model with the
// maps of all speakers, in a folder, out.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import { writeFileDurably } from '../core/durable.js';
import { evenAlignment, type Alignment } from '../triphone/alignment.js';
import { FrameView } from '../triphone/frame-view.js';
import { saveTriphoneEmission } from '../learn/emission.js';
import { silenceSymbol } from '../text/phone-text.js';
import { loadTriphone, type TriphoneModel } from '../triphone/model.js';
import {
  ldaView,
  semiTiedBetween,
  speakerMaps,
  speakersBetween,
  trainMonophones,
  trainTriphones,
  type PhoneInventory,
} from '../triphone/passes.js';
import { alignAll, type Trained } from '../triphone/train.js';
import type { PassName, SelftrainHmmConfig } from './config.js';
import type { RecognisedLabels, SelftrainCorpus } from './corpus.js';
import { trainOptions } from './options.js';

export interface PassIo {
  readonly corpus: SelftrainCorpus;
  readonly config: SelftrainHmmConfig;
  readonly rng: Rng;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** After these estimates rotations and speakers' maps are found anew, as far as the pass is so long. */
const transformedAfter = [2, 4, 6, 9];

const speakersFile = 'speakers.json';
const speakersSchema = z.record(z.string(), z.array(z.number()));

/** A pass' model and how it hears the corpus. */
export interface LoadedPass {
  readonly model: TriphoneModel;
  readonly view: FrameView;
}

export async function loadPass(corpus: SelftrainCorpus, folder: string): Promise<LoadedPass> {
  const model = await loadTriphone(folder);
  const { base } = corpus.view;
  const voices = await readVoices(folder);
  const speakerOf = speakersOf(corpus);
  return { model, view: new FrameView(base, model.map, voices && ((id) => voices.get(speakerOf(id)))) };
}

/** The maps of the corpus' speakers, where a pass has found them. */
export async function readVoices(folder: string): Promise<ReadonlyMap<string, Float64Array> | undefined> {
  const path = join(folder, speakersFile);
  if (!existsSync(path)) return undefined;
  const maps = await readJson(path, speakersSchema);
  return new Map(Object.entries(maps).map(([speaker, map]) => [speaker, Float64Array.from(map)]));
}

function speakersOf({ utterances }: SelftrainCorpus): (id: string) => string {
  const speakers = new Map(utterances.map(({ id, speaker }) => [id, speaker]));
  return (id) => speakers.get(id) ?? '';
}

/**
 * @param labels what to learn from; those of the test split serve to find the maps of
 * speakers that are heard nowhere else
 * @param before folder of the pass before; undefined for the first
 * @throws AsrError 'model' when no utterance can be learned from
 */
export async function trainPass(
  io: PassIo,
  name: PassName,
  recognised: RecognisedLabels,
  before: string | undefined,
  folder: string,
): Promise<void> {
  const { corpus, config, log, rng } = io;
  const train = new Set(corpus.utterances.filter(({ split }) => split === 'train').map(({ id }) => id));
  const inventory: PhoneInventory = {
    phones: corpus.phones.length,
    statesPerPhone: config.states,
    silence: recognised.silence,
  };
  const options = trainOptions(config, name === 'mono' ? config.monoGaussians : config.gaussians);
  const onIteration = (iteration: number, logLikelihood: number): void => {
    io.signal?.throwIfAborted();
    log.info(
      `${name}, estimate ${iteration} of ${config.iterations}: log likelihood ${logLikelihood.toFixed(3)} a frame`,
    );
  };
  const finish = async ({ model }: Trained): Promise<void> => {
    const { lmWeight, insertion, acousticScale, beam, maxActive, minSpeakerFrames, alignBeam } = config;
    await saveTriphoneEmission(
      folder,
      { phones: [...corpus.phones, silenceSymbol], silence: silenceSymbol },
      model,
      corpus.lm,
      {
        cepstra: corpus.grid.kind === 'logmel',
        ...{ lmWeight, insertion, acousticScale, beam, maxActive, minSpeakerFrames, alignBeam },
      },
    );
  };
  if (before === undefined) {
    const alignments = new Map<string, Alignment>();
    for (const [id, { phones, ends }] of recognised.labels)
      if (train.has(id)) alignments.set(id, evenAlignment(phones, ends, config.states));
    assertSome(alignments);
    await finish(await trainMonophones(inventory, { view: corpus.view, alignments }, options, onIteration));
    return;
  }
  const { model, view } = await loadPass(corpus, before);
  const labels = (wanted: (id: string) => boolean): Map<string, Int32Array> =>
    new Map([...recognised.labels].filter(([id]) => wanted(id)).map(([id, { phones }]) => [id, phones]));
  const alignments = await alignAll(
    model,
    view,
    labels((id) => train.has(id)),
    options,
  );
  assertSome(alignments);
  const stream = rng.fork(name);
  if (name === 'mono') {
    await finish(await trainMonophones(inventory, { view: corpus.view, alignments }, options, onIteration));
  } else if (name === 'tri') {
    await finish(await trainTriphones(inventory, { view: corpus.view, alignments }, options, stream, { onIteration }));
  } else if (name === 'lda') {
    const { statics } = corpus;
    const projected = await ldaView(
      model.tied,
      { view: corpus.view, alignments },
      { statics, columns: corpus.view.map.columns, context: config.context, rows: config.dimensions },
    );
    await finish(
      await trainTriphones(inventory, { view: projected, alignments }, options, stream, {
        onIteration,
        between: semiTiedBetween(transformedAfter),
      }),
    );
  } else {
    const speakerOf = speakersOf(corpus);
    const speakers = { of: speakerOf, minFrames: config.minSpeakerFrames };
    const first = await speakerMaps(model, { unmoved: view }, alignments, speakers);
    const moved = new FrameView(view.base, view.map, (id) => first.get(speakerOf(id)));
    const trained = await trainTriphones(inventory, { view: moved, alignments }, options, stream, {
      onIteration,
      adapted: true,
      between: speakersBetween(view, speakers, transformedAfter),
    });
    await finish(trained);
    // Speakers of the training split are known by it alone; others by what was recognised of them.
    const trainedSpeakers = new Set([...alignments.keys()].map(speakerOf));
    const rest = await alignAll(
      model,
      view,
      labels((id) => !train.has(id) && !trainedSpeakers.has(speakerOf(id))),
      options,
    );
    const maps = new Map<string, Float64Array>();
    for (const [id] of alignments) {
      const own = trained.data.view.speakers(id);
      if (own) maps.set(speakerOf(id), own);
    }
    for (const [speaker, map] of await speakerMaps(trained.model, { unmoved: view }, rest, speakers))
      maps.set(speaker, map);
    await writeFileDurably(
      join(folder, speakersFile),
      JSON.stringify(Object.fromEntries([...maps].map(([speaker, map]) => [speaker, [...map]]))),
    );
  }
}

function assertSome(alignments: ReadonlyMap<string, unknown>): void {
  if (alignments.size === 0)
    throw new AsrError(
      'model',
      'selftrain: no training utterance has recognised phones that fit its frames',
      'Check what decode wrote (decode/hyp.txt), or set selftrain.method=none.',
    );
}
