// Which early signs tell whether an adversarial training will find its phones: short trainings on a simulated language,
// what each showed after a part of its updates, how well that ranks their final error rates, and whom halving keeps.
import type { ConfigTree } from '../src/core/config.js';
import type { Compute } from '../src/core/stage.js';
import { rungVerdicts } from '../src/learn/halving.js';
import { smallLanguage, trainSmall, type TrainedSmall } from './small-language.js';
import type { Line } from './table.js';
import { rounded } from './timing.js';

const shares = [0.05, 0.1, 0.2, 0.3] as const;
const [rungs, keep] = [[0.1, 0.3], 0.5] as const;

/** Settings with which about a third of the seeds converge. */
const settings: ConfigTree = {
  batch: 20,
  discriminator: { dim: 32 },
  generator: { temperature: 0.33 },
  gradientPenalty: 0.07,
  lrDecay: 0.3,
  evaluationUtterances: 100,
  metricsEvery: 1,
  collapse: { patience: 0 },
};

export type Signs = Readonly<Record<string, number>>;

/** What is known after so many updates. */
export function signsAt(
  { evaluations, watched }: Pick<TrainedSmall, 'evaluations' | 'watched'>,
  at: number,
  window: number,
): Signs {
  const seen = evaluations.filter(({ update }) => update <= at);
  const half = evaluations.filter(({ update }) => update <= at / 2);
  const late = watched.filter(({ update }) => Number(update) < at && Number(update) >= at - window);
  const mean = (network: string, field: string): number => {
    const values = late.flatMap((line) => (line['network'] === network ? [Number(line[field])] : []));
    return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  };
  const metric = seen.at(-1)!.score.metric;
  return {
    metric,
    bestMetric: Math.min(...seen.map(({ score }) => score.metric)),
    slope: Math.log(metric / (half.at(-1) ?? seen[0]!).score.metric),
    accuracy: mean('discriminator', 'discriminatorAccuracy'),
    gradientNorm: mean('generator', 'gradientNorm'),
    codePerplexity: -mean('generator', 'codePerplexity'),
  };
}

const ranks = (values: readonly number[]): number[] =>
  values.map((value) => values.reduce((rank, other) => rank + (other < value ? 1 : other === value ? 0.5 : 0), 0));

/** Spearman's. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const centre = (a.length * a.length) / 2 / a.length;
  const product = (p: readonly number[], q: readonly number[]): number =>
    p.reduce((sum, value, i) => sum + (value - centre) * (q[i]! - centre), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param first and last seed */
export async function* benchEarly(
  compute: Compute,
  [first, last]: readonly [number, number],
  updates: number,
): AsyncGenerator<Line> {
  const language = smallLanguage();
  const evaluateEvery = Math.ceil(updates / 40);
  const at = (share: number): number => Math.round((share * updates) / evaluateEvery) * evaluateEvery;
  const runs: { seed: number; trained: TrainedSmall }[] = [];
  for (let seed = first; seed <= last; seed++) {
    const trained = await trainSmall(language, { ...settings, evaluateEvery }, seed, updates, compute);
    runs.push({ seed, trained });
    yield { name: `seed ${seed}`, per: rounded(100 * trained.per), metric: rounded(trained.metric), updates };
  }
  const rates = runs.map(({ trained }) => trained.per);
  for (const share of shares) {
    const signs = runs.map(({ trained }) => signsAt(trained, at(share), evaluateEvery));
    const correlations = Object.keys(signs[0]!).map((name): [string, number] => [
      name,
      rounded(
        rankCorrelation(
          signs.map((sign) => sign[name]!),
          rates,
        ),
      ),
    ]);
    yield { name: `rank correlation with PER after ${100 * share} %`, ...Object.fromEntries(correlations) };
  }
  let staying = runs;
  for (const share of rungs) {
    const found = staying.map(({ seed, trained }) => ({ seed, metric: signsAt(trained, at(share), 1).bestMetric! }));
    const kept = rungVerdicts(found, keep, { at: at(share), all: updates }).flatMap(({ seed, stays }) =>
      stays ? [seed] : [],
    );
    staying = staying.filter(({ seed }) => kept.includes(seed));
    yield {
      name: `kept after ${100 * share} %: ${kept.join(' ')}`,
      bestPer: rounded(100 * Math.min(...staying.map(({ trained }) => trained.per))),
      meanPer: rounded(100 * mean(staying.map(({ trained }) => trained.per))),
    };
  }
  yield {
    name: 'all',
    seeds: runs.length,
    bestPer: rounded(100 * Math.min(...rates)),
    meanPer: rounded(100 * mean(rates)),
  };
}
