import { distance } from 'fastest-levenshtein';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { durations, evenAlignment } from '../../src/triphone/alignment.js';
import { FrameView } from '../../src/triphone/frame-view.js';
import { ContextGraph } from '../../src/triphone/graph.js';
import { createDensityScorer } from '../../src/hmm/mixtures.js';
import { loadTriphone, saveTriphone, type TriphoneModel } from '../../src/triphone/model.js';
import {
  ldaView,
  semiTiedBetween,
  speakerMaps,
  speakersBetween,
  trainMonophones,
  trainTriphones,
} from '../../src/triphone/passes.js';
import { createContextSearch } from '../../src/triphone/search.js';
import { alignAll, type Trained, type TrainingData } from '../../src/triphone/train.js';
import { statesPerPhone, dim, phones, speak, type SimulatedUtterance } from './simulated-speech.js';

const inventory = { phones, statesPerPhone, silence: false };
const options = {
  iterations: 6,
  realign: 3,
  gaussians: phones * statesPerPhone,
  power: 0.25,
  minFrames: 5,
  varianceFloor: 0.01,
  acousticScale: 1,
  alignBeam: 100,
  maxStates: 200,
  minStateFrames: 20,
  minGain: 20,
};
const compute = { engine: 'cpu', threads: 1 } as const;
const quiet = (): void => undefined;

function dataOf(
  spoken: readonly SimulatedUtterance[],
  labels = (utterance: SimulatedUtterance): Int32Array => utterance.phones,
): TrainingData {
  const byId = new Map(spoken.map((utterance) => [utterance.id, utterance]));
  const view = new FrameView(
    { read: async (id) => ({ data: byId.get(id)!.frames, rows: byId.get(id)!.rows }) },
    { statics: dim, columns: dim, context: 0, rows: dim },
  );
  return {
    view,
    alignments: new Map(
      spoken.map((utterance) => [utterance.id, evenAlignment(labels(utterance), utterance.ends, statesPerPhone)]),
    ),
  };
}

const code = (path: Iterable<number>): string => String.fromCharCode(...Array.from(path, (phone) => 65 + phone));
const symbols = Array.from({ length: phones }, (_, phone) => code([phone]));

async function errorRate(
  model: TriphoneModel,
  view: FrameView,
  spoken: readonly SimulatedUtterance[],
  maxActive?: number,
): Promise<number> {
  const lm = estimateNgram(
    spoken.map((utterance) => [...code(utterance.phones)]),
    { order: 3 },
  );
  const graph = new ContextGraph(model.tied, durations(model.stay), lm, {
    ids: symbols.map((symbol) => lm.id(symbol)),
    silenceShare: 0,
    lmWeight: 1,
    insertion: 0,
  });
  const search = createContextSearch(graph, {
    acousticScale: 1,
    beam: 25,
    ...(maxActive === undefined ? {} : { maxActive }),
  });
  const scorer = await createDensityScorer(model.mixtures, compute);
  let errors = 0;
  let length = 0;
  for (const utterance of spoken) {
    const { data, rows } = await view.read(utterance.id);
    const found = search(await scorer.score(data, rows));
    errors += distance(code(utterance.phones), code(found.phones));
    length += utterance.phones.length;
    expect(found.ends.at(-1)).toBe(rows);
  }
  await scorer.dispose();
  return errors / length;
}

describe('passes of training', () => {
  it('raise the likelihood from one estimate to the next while Gaussians stay as many', async () => {
    const spoken = speak({ utterances: 60, coarticulation: 1, spread: 1, seed: 1 });
    const { likelihoods } = await trainMonophones(inventory, dataOf(spoken), options, quiet);
    for (let i = 1; i < likelihoods.length; i++)
      expect(likelihoods[i]).toBeGreaterThanOrEqual(likelihoods[i - 1]! - 1e-6);
    expect(likelihoods.at(-1)! - likelihoods[0]!).toBeGreaterThan(0.1);
  });

  it('recognise better with phones in context where neighbours matter, with labels that are partly wrong', async () => {
    const spoken = speak({ utterances: 120, coarticulation: 2.5, spread: 1.3, seed: 2 });
    const rng = Rng.fromSeed(5);
    const data = dataOf(spoken, ({ phones: path }) =>
      path.map((phone) => (rng.uniform() < 0.1 ? rng.integer(phones) : phone)),
    );
    const mono = await trainMonophones(inventory, data, options, quiet);
    const tri = await trainTriphones(inventory, mono.data, { ...options, gaussians: 120 }, Rng.fromSeed(1), {
      onIteration: quiet,
    });
    expect(tri.model.tied.count).toBeGreaterThan(phones * statesPerPhone + 10);
    const before = await errorRate(mono.model, data.view, spoken);
    const after = await errorRate(tri.model, data.view, spoken);
    expect(before).toBeLessThan(0.3);
    expect(after).toBeLessThan(0.7 * before);
    // A limit on what goes on changes nothing where it is wide, and much where it is
    // narrow; something always comes out.
    expect(await errorRate(tri.model, data.view, spoken, 60)).toBe(after);
    expect(await errorRate(tri.model, data.view, spoken, 3)).toBeGreaterThan(10 * after);
  });

  it('find what LDA projects and each speaker turns, and are the same model again from its files', async () => {
    const spoken = speak({
      utterances: 90,
      coarticulation: 1,
      spread: 1.8,
      seed: 3,
      speakers: [speakerMap(1), speakerMap(2), speakerMap(3)],
    });
    const data = dataOf(spoken);
    const mono = await trainMonophones(inventory, data, options, quiet);
    const before = await errorRate(mono.model, data.view, spoken);
    const projected = await ldaView(mono.model.tied, mono.data, { statics: dim, columns: dim, context: 1, rows: 6 });
    const lda = await trainTriphones(
      inventory,
      { view: projected, alignments: mono.data.alignments },
      { ...options, gaussians: 60 },
      Rng.fromSeed(1),
      { onIteration: quiet, between: semiTiedBetween([2]) },
    );
    const view = lda.data.view;
    const middle = await errorRate(lda.model, view, spoken);
    const speakerOf = (id: string): string => spoken.find((utterance) => utterance.id === id)!.speaker;
    const speakers = { of: speakerOf, minFrames: 100 };
    const maps = await speakerMaps(lda.model, { unmoved: view }, lda.data.alignments, speakers);
    expect([...maps.keys()].sort()).toEqual(['s0', 's1', 's2']);
    const moved = new FrameView(view.base, view.map, (id) => maps.get(speakerOf(id)));
    const sat = await trainTriphones(
      inventory,
      { view: moved, alignments: lda.data.alignments },
      { ...options, gaussians: 60 },
      Rng.fromSeed(1),
      { onIteration: quiet, adapted: true, between: speakersBetween(view, speakers, [2]) },
    );
    const after = await errorRate(sat.model, sat.data.view, spoken);
    expect(middle).toBeLessThan(before);
    expect(after).toBeLessThan(middle);
    await sameFromFiles(sat);
  });
});

/** A turn and a move, different for each seed. */
function speakerMap(seed: number): Float64Array {
  const rng = Rng.fromSeed(seed);
  return Float64Array.from({ length: dim * (dim + 1) }, (_, i) =>
    i % (dim + 1) === dim
      ? 0.8 * rng.normal()
      : (i % (dim + 1) === Math.floor(i / (dim + 1)) ? 1 : 0) + 0.25 * rng.normal(),
  );
}

async function sameFromFiles({ model, data }: Trained): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'asr-triphone-'));
  await saveTriphone(folder, model);
  const again = await loadTriphone(folder);
  expect(again.adapted).toBe(true);
  const labels = new Map([...data.alignments].slice(0, 5).map(([id, { phones: path }]) => [id, path]));
  const one = await alignAll(model, data.view, labels, options);
  const other = await alignAll(again, new FrameView(data.view.base, again.map, data.view.speakers), labels, options);
  for (const [id, { ends }] of one) expect([...other.get(id)!.ends]).toEqual([...ends]);
  await rm(folder, { recursive: true, force: true });
}
