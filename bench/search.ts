// What searching costs, method by method: the same simulated speech through HMMs of phones under a bigram and a
// trigram, phones in context, networks with least durations, forced alignment, and the beam that keeps every way.
import { createSearch, phoneGraph } from '../src/bootstrap/search.js';
import { Rng } from '../src/core/rng.js';
import { decodeConfig } from '../src/decode/config.js';
import { createHmmViterbi } from '../src/hmm/viterbi.js';
import { estimateNgram } from '../src/lm/kneser-ney.js';
import type { NgramModel } from '../src/lm/ngram.js';
import { search as beamSearch } from '../src/search/beam.js';
import { ForwardBackward } from '../src/search/forward-backward.js';
import { ngramGraph } from '../src/search/phone-graph.js';
import { createPhoneNetwork } from '../src/search/phone-network.js';
import { ScoreTable } from '../src/search/viterbi.js';
import { align, durations } from '../src/triphone/alignment.js';
import type { TiedStates } from '../src/triphone/context.js';
import { ContextGraph } from '../src/triphone/graph.js';
import { createContextSearch } from '../src/triphone/search.js';
import { median, rounded, timed } from './timing.js';

const phones = 40;
const statesPerPhone = 3;
const symbols = Array.from({ length: phones }, (_, v) => `p${v}`);
const tiedPerState = 12;

/** Four likely followers of each phone, the rest now and then: about the entropy of a language's phones. */
function sentence(rng: Rng, length: number): number[] {
  const said: number[] = [];
  for (let i = 0, v = rng.integer(phones); i < length; i++) {
    said.push(v);
    v = rng.uniform() < 0.75 ? (v * 7 + 1 + rng.integer(4) * 3) % phones : rng.integer(phones);
  }
  return said;
}

export interface SpokenScores {
  readonly said: Int32Array;
  /** Rows of 10 ms: [rows, phones * statesPerPhone + statesPerPhone], silence last; of 20 ms: [rows, phones + 1]. */
  readonly states: Float32Array;
  readonly rows: number;
  readonly posteriors: Float32Array;
  readonly halfRows: number;
}

/** Scores in which the right symbol is `margin` likelier than others on average, and often is not. */
function speak(rng: Rng, margin: number): SpokenScores {
  const said = Int32Array.from(sentence(rng, 40));
  const of: number[] = [];
  said.forEach((phone) => {
    for (let c = 0; c < statesPerPhone; c++)
      for (let t = 0; t < 1 + rng.integer(4); t++) of.push(phone * statesPerPhone + c);
  });
  const table = (truth: readonly number[], columns: number): Float32Array =>
    Float32Array.from(
      { length: truth.length * columns },
      (_, i) => 1.5 * rng.normal() - (truth[Math.floor(i / columns)] === i % columns ? 0 : margin),
    );
  const half = of.filter((_, t) => t % 2 === 0).map((state) => Math.floor(state / statesPerPhone));
  return {
    said,
    states: table(of, (phones + 1) * statesPerPhone),
    rows: of.length,
    posteriors: table(half, phones + 1),
    halfRows: half.length,
  };
}

export interface SearchMaterial {
  readonly bigram: NgramModel;
  readonly trigram: NgramModel;
  readonly ids: readonly number[];
  readonly spoken: readonly SpokenScores[];
  readonly tied: TiedStates;
}

export function searchMaterial(utterances: number): SearchMaterial {
  const rng = Rng.fromSeed('search');
  const text = Array.from({ length: 3000 }, () => sentence(rng, 30).map((v) => symbols[v]!));
  const trigram = estimateNgram(text, { order: 3 });
  return {
    bigram: estimateNgram(text, { order: 2 }),
    trigram,
    ids: symbols.map((symbol) => trigram.id(symbol)),
    spoken: Array.from({ length: utterances }, () => speak(rng, 4)),
    tied: {
      phones,
      statesPerPhone,
      silence: true,
      count: (phones + 1) * statesPerPhone * tiedPerState,
      of: (left, phone, right, c) =>
        (phone * statesPerPhone + c) * tiedPerState + ((left * 3 + right * 5) % tiedPerState),
    },
  };
}

export interface SearchTask {
  readonly name: string;
  /** @returns what was found, so that two ways may be compared */
  readonly run: (spoken: SpokenScores) => ArrayLike<number>;
}

export function searchTasks({ bigram, trigram, ids, tied }: SearchMaterial): SearchTask[] {
  const columns = (phones + 1) * statesPerPhone;
  const options = { statesPerPhone, stay: 0.6, acousticScale: 1 };
  /** Without the states of silence, which these HMMs do not have. */
  const spokenStates = ({ states, rows }: SpokenScores): Float32Array =>
    Float32Array.from(
      { length: rows * phones * statesPerPhone },
      (_, i) => states[Math.floor(i / (phones * statesPerPhone)) * columns + (i % (phones * statesPerPhone))]!,
    );
  const cached = new Map<SpokenScores, Float32Array>();
  const own = (spoken: SpokenScores): Float32Array =>
    cached.get(spoken) ?? (cached.set(spoken, spokenStates(spoken)), cached.get(spoken)!);
  const overBigram = createHmmViterbi(ngramGraph(bigram, ids), { ...options, beam: 1e-6 });
  const overTrigram = createHmmViterbi(ngramGraph(trigram, ids), { ...options, beam: 1e-4 });
  const sums = new ForwardBackward(ngramGraph(trigram, ids), { ...options, beam: 1e-4 });
  const logDurations = durations(new Float64Array(columns).fill(0.6));
  const inContext = createContextSearch(
    new ContextGraph(tied, logDurations, trigram, { ids, silenceShare: 0.1, lmWeight: 2, insertion: 0 }),
    { acousticScale: 0.5, beam: 14, maxActive: 800 },
  );
  const tiedScores = (spoken: SpokenScores) => {
    const table = new ScoreTable(spoken.states, spoken.rows, columns);
    return { rows: spoken.rows, at: (p: number, t: number) => table.at(Math.floor(p / tiedPerState), t) };
  };
  const withDurations = createSearch(phoneGraph(trigram, symbols), { insertion: 1, minRows: 2, beam: 12 });
  const network = createPhoneNetwork(trigram, [...symbols, '<SIL>'], (column) => column < phones, phones, {
    lmWeight: 2,
    insertionBonus: 0,
  });
  const settings = decodeConfig.parse({});
  return [
    { name: 'HMM, bigram', run: (spoken) => overBigram(own(spoken), spoken.rows).phones },
    { name: 'HMM, trigram', run: (spoken) => overTrigram(own(spoken), spoken.rows).phones },
    { name: 'HMM, trigram, sums', run: (spoken) => [sums.run(own(spoken), spoken.rows, () => undefined)] },
    { name: 'phones in context', run: (spoken) => inContext(tiedScores(spoken)).phones },
    { name: 'least durations', run: ({ posteriors, halfRows }) => withDurations(posteriors, halfRows).phones },
    {
      name: 'forced alignment',
      run: (spoken) =>
        align(spoken.said, tiedScores(spoken), tied, logDurations, { acousticScale: 0.1, beam: 40 })!.ends,
    },
    {
      name: 'every way (beam 60)',
      run: ({ posteriors, halfRows }) =>
        beamSearch(
          {
            scores: posteriors,
            rows: halfRows,
            columns: phones + 1,
            ends: Int32Array.from({ length: halfRows }, (_, t) => t + 1),
            statesPerPhone: 1,
            stay: 0,
            leave: 0,
            silence: phones,
            blank: -1,
          },
          network,
          { ...settings, beam: 60 },
        ).ends.map(({ weight }) => weight),
    },
  ];
}

export async function* benchSearch(utterances: number): AsyncGenerator<Record<string, string | number>> {
  const material = searchMaterial(utterances);
  const rows = material.spoken.reduce((sum, spoken) => sum + spoken.rows, 0);
  for (const { name, run } of searchTasks(material)) {
    const times: number[] = [];
    for (let round = 0; round < 6; round++) {
      const taken = await timed(() => {
        for (const spoken of material.spoken) run(spoken);
      });
      if (round > 0) times.push(taken.cpuMs);
    }
    yield { name, utterances, seconds: rounded(rows / 100), cpuMs: rounded(median(times)) };
  }
}
