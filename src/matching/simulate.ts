// Simulated audio with known truth: phone strings in, unit sequences out, with confusions, insertions and
// deletions of known rates. For tests and benchmarks of matchers; training on real data never comes here.
import type { Rng } from '../core/rng.js';

export interface SimulationOptions {
  readonly phoneCount: number;
  readonly unitCount: number;
  /** Chance that a phone sounds like another one. */
  readonly confusion: number;
  /** Others that a phone may sound like, drawn once for each phone; any phone where it is absent. */
  readonly alike?: number;
  readonly insertion: number;
  readonly deletion: number;
}

export interface Simulation {
  readonly units: Int32Array[];
  /** Phone that each unit stands for: the oracle mapping. */
  readonly oracle: Int32Array;
}

/** Every phone owns at least one unit; the others go to random phones. A phone sounds as a random one of its units. */
export function simulateUnits(sentences: readonly Int32Array[], options: SimulationOptions, rng: Rng): Simulation {
  const { phoneCount, unitCount } = options;
  const oracle = Int32Array.from({ length: unitCount }, (_, k) => (k < phoneCount ? k : rng.integer(phoneCount)));
  const unitsOf = Array.from({ length: phoneCount }, (_, v) => [...oracle.keys()].filter((k) => oracle[k] === v));
  const likes = options.alike === undefined ? undefined : likePhones(phoneCount, options.alike, rng.fork('alike'));
  const otherThan = (phone: number): number => (likes ? rng.choice(likes[phone]!) : rng.integer(phoneCount));
  const speak = (phone: number): number =>
    rng.choice(unitsOf[rng.uniform() < options.confusion ? otherThan(phone) : phone]!);
  const units = sentences.map((sentence) => {
    const spoken: number[] = [];
    for (const phone of sentence) {
      if (rng.uniform() >= options.deletion) spoken.push(speak(phone));
      if (rng.uniform() < options.insertion) spoken.push(speak(rng.integer(phoneCount)));
    }
    return Int32Array.from(spoken);
  });
  return { units, oracle };
}

function likePhones(phoneCount: number, alike: number, rng: Rng): number[][] {
  return Array.from({ length: phoneCount }, (_, phone) => {
    const others = Array.from({ length: phoneCount }, (_, v) => v).filter((v) => v !== phone);
    rng.shuffleInPlace(others);
    return others.slice(0, alike);
  });
}
