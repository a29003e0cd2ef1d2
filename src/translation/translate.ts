// Two sets of vectors that no dictionary links in, the rotation from one to the other and a dictionary out: adversarial
// starts, refined by Procrustes, the best by a criterion without labels (Conneau et al., ICLR 2018). Usable alone.
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { createGame } from './adversarial.js';
import type { TranslationConfig } from './config.js';
import { frequencyStart } from './frequency-start.js';
import { createComparer, type Comparer, type Translated, type Side } from './csls.js';
import { identity, procrustes, randomRotation } from './procrustes.js';
import { similarityStart } from './similarity-start.js';

export interface TranslationInput {
  /** [rows, dim] unit vectors, most frequent first. */
  readonly source: Side;
  readonly target: Side;
  /** Rows that are written alike on both sides and may mean the same: names, loans. Tried first where given. */
  readonly alike?: readonly (readonly [number, number])[];
  /** How often each row's word stands in its text, where both texts are of one kind. */
  readonly counts?: Readonly<Record<'source' | 'target', ArrayLike<number>>> | undefined;
  readonly config: TranslationConfig;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log?: Log | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Translation {
  /** [dim, dim]: a source row times this is its place among the targets. */
  readonly map: Float32Array;
  /** Mean cosine with the CSLS translation, over the words in `config.dictionary`; higher is better. */
  readonly criterion: number;
  /** Every source row's translation under the map. */
  readonly words: Translated;
}

interface Candidate {
  readonly map: Float32Array;
  readonly found: Translated;
}

/** @throws AsrError 'input' when the two sides have other dimensions, 'model' when every start diverged */
export async function translate(input: TranslationInput): Promise<Translation> {
  const { source, target, config, rng, compute, log } = input;
  const dim = source.data.length / source.rows;
  if (dim !== target.data.length / target.rows)
    throw new AsrError(
      'input',
      `translation: ${dim} dimensions on one side, ${target.data.length / target.rows} on the other`,
      'Both vector files must have the same number of dimensions.',
    );
  const top = (side: Side): Side => {
    const rows = Math.min(side.rows, config.dictionary);
    return { rows, data: side.data.subarray(0, rows * dim) };
  };
  const frequent = { ...input, source: top(source), target: top(target) };
  const comparer = createComparer(frequent.source, frequent.target, dim, config.neighbours, compute);
  let best: Candidate | undefined;
  const offer = (name: string, candidate: Candidate | undefined): void => {
    if (!candidate) return;
    log?.info(`${name}: criterion ${candidate.found.criterion.toFixed(3)}`);
    if (!best || candidate.found.criterion > best.found.criterion) best = candidate;
  };
  const enough = (): boolean => best !== undefined && best.found.criterion >= config.enough;
  try {
    if (input.alike && input.alike.length > 0) {
      const map = procrustes(source, target, dim, input.alike);
      offer(
        'start by words written alike',
        await refine(frequent, { map, found: await comparer.compare(map) }, comparer),
      );
    }
    if (input.counts && !input.alike?.length) {
      const map = await frequencyStart(source, target, input.counts, input.signal);
      offer('start by frequencies', await refine(frequent, { map, found: await comparer.compare(map) }, comparer));
    }
    if (config.similarityStart && !enough()) {
      const map = await similarityStart(source, target, config.neighbours, compute);
      if (map)
        offer('start by similarities', await refine(frequent, { map, found: await comparer.compare(map) }, comparer));
    }
    for (let start = 0; start < config.starts && !enough(); start++) {
      const from = start === 0 ? identity(dim) : randomRotation(dim, rng.fork(`start ${start}`));
      offer(
        `adversarial start ${start + 1} of ${config.starts}`,
        await play(frequent, from, rng.fork(`game ${start}`), comparer),
      );
    }
  } finally {
    await comparer.dispose();
  }
  if (!best) throw new AsrError('model', 'translation: every start diverged', 'Lower its learningRate.');
  await using whole = held(createComparer(source, target, dim, config.neighbours, compute));
  return { map: best.map, criterion: best.found.criterion, words: await whole.compare(best.map) };
}

/** One adversarial training, each epoch's map refined: the best by the criterion, nothing when it diverged at once. */
async function play(
  input: TranslationInput,
  from: Float32Array,
  rng: Rng,
  comparer: Comparer,
): Promise<Candidate | undefined> {
  const { config, log, signal } = input;
  await using game = held(await createGame(input, from, rng));
  let best: Candidate | undefined;
  let highest = -Infinity;
  let rate = config.learningRate;
  for (let epoch = 1; epoch <= config.epochs && (best?.found.criterion ?? 0) < config.enough; epoch++) {
    const loss = await game.epoch(rate, signal);
    const map = game.map();
    if (!Number.isFinite(loss) || !map.every(Number.isFinite)) break;
    const found = await comparer.compare(map);
    rate *= found.criterion < highest ? config.decay / 2 : config.decay;
    highest = Math.max(highest, found.criterion);
    const refined = await refine(input, { map, found }, comparer);
    log?.debug(
      `epoch ${epoch}: discriminator ${loss.toFixed(3)} nats, criterion ${found.criterion.toFixed(4)}, refined ` +
        refined.found.criterion.toFixed(4),
    );
    if (!best || refined.found.criterion > best.found.criterion) best = refined;
  }
  return best;
}

const patience = 3; // rounds of refinement without a better criterion

/** A dictionary of mutual neighbours, the rotation that it asks for, again; the best round by the criterion is kept. */
async function refine(
  { source, target, config }: TranslationInput,
  start: Candidate,
  comparer: Comparer,
): Promise<Candidate> {
  const dim = source.data.length / source.rows;
  let best = start;
  let last = start;
  let idle = 0;
  for (let round = 0; round < config.refinements && idle < patience && last.found.mutual.length > 0; round++) {
    const map = procrustes(source, target, dim, last.found.mutual);
    last = { map, found: await comparer.compare(map) };
    idle = last.found.criterion > best.found.criterion + 1e-4 ? 0 : idle + 1;
    if (last.found.criterion > best.found.criterion) best = last;
  }
  return best;
}
