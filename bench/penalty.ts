// What it costs and saves to look at the gradient penalty less often: time of a pair of training steps, and the phone
// error rate of short trainings on a simulated language, for each setting.
import type { ConfigTree } from '../src/core/config.js';
import type { Compute } from '../src/core/stage.js';
import { ganSizes, ourSteps } from './gan.js';
import { smallLanguage, trainSmall } from './small-language.js';
import { median, rounded } from './timing.js';

const settings: readonly { readonly name: string; readonly layer: ConfigTree }[] = [
  { name: 'every step, whole batch (reference)', layer: {} },
  { name: 'half of the batch', layer: { gradientPenaltyShare: 0.5 } },
  { name: 'a quarter of the batch', layer: { gradientPenaltyShare: 0.25 } },
  { name: 'every 2nd step', layer: { gradientPenaltyEvery: 2 } },
  { name: 'every 4th step', layer: { gradientPenaltyEvery: 4 } },
  { name: 'none', layer: { gradientPenalty: 0 } },
];

export interface PenaltyOptions {
  readonly compute: Compute;
  readonly size: string;
  readonly seeds: number;
  readonly updates: number;
}

export async function* benchPenalty({
  compute,
  size,
  seeds,
  updates,
}: PenaltyOptions): AsyncGenerator<Record<string, string | number | null>> {
  const wanted = ganSizes.find((entry) => entry.size === size) ?? ganSizes[1]!;
  let reference = 0;
  for (const { name, layer } of settings) {
    const every = Number(layer['gradientPenaltyEvery'] ?? 1);
    const steps = await ourSteps(wanted, compute, true, layer);
    const times: number[] = [];
    for (let round = 0; round <= wanted.rounds; round++) {
      const d = await steps.discriminator();
      const between = every > 1 ? await steps.between() : d;
      const g = await steps.generator();
      if (round > 0) times.push((d.cpuMs + (every - 1) * between.cpuMs) / every + g.cpuMs);
    }
    await steps.dispose();
    const cpuMs = median(times);
    if (reference === 0) reference = cpuMs;
    const rates: number[] = [];
    for (let seed = 1; seed <= seeds; seed++)
      rates.push((await trainSmall(smallLanguage(), layer, seed, updates, { ...compute, threads: 1 })).per);
    rates.sort((a, b) => a - b);
    yield {
      penalty: name,
      size: wanted.size,
      cpuMs: rounded(cpuMs),
      speed: rounded(reference / cpuMs),
      updates,
      seeds,
      bestPer: rates[0] === undefined ? null : rounded(rates[0]),
      medianPer: rates.length > 0 ? rounded(median(rates)) : null,
      worstPer: rates.length > 0 ? rounded(rates.at(-1)!) : null,
    };
  }
}
