// Units of recordings and gold phones in, the four numbers of the phoneme discovery benchmark out: DiscoPhon (arXiv
// 2603.18612), many-to-one, by the definitions of its evaluation code. Measures alone: nothing learns from this.
import { AsrError } from '../core/errors.js';
import { Turns } from '../core/event-loop.js';
import { sampleRate } from '../core/time.js';
import { withoutRepeats } from '../core/without-repeats.js';
import { addErrors, compare, errorRate, noErrors } from '../score/score.js';
import { readFileUnits } from '../units/units.js';
import { readAlignment, type AlignedPhone } from './alignment.js';
import { clusterQuality, f1, type BoundaryCounts } from './discrete.js';

/** Gold phones stand every 10 ms. */
export const goldStep = sampleRate / 100;
/** Boundaries count within 20 ms. */
const tolerance = sampleRate / 50;

export interface Discovery {
  /** Recordings that have both units and phones. */
  readonly recordings: number;
  readonly phones: number;
  /** Share of gold steps whose unit mostly holds their phone. */
  readonly purity: number;
  /** I(phone; unit) / H(phone). */
  readonly pnmi: number;
  /** Each unit read as its most frequent phone, repetitions written once; silence counts as a phone. */
  readonly per: number;
  /** Of boundaries, within 20 ms; null where there are none. */
  readonly f1: number | null;
  /** Räsänen, Laine and Altosaar (2009): F1 that more boundaries cannot raise. */
  readonly rValue: number | null;
}

export interface DiscoveryOptions {
  /** units.jsonl */
  readonly units: string;
  /** Alignment: of DiscoPhon, CTM, or a table of `phone:start:end`. */
  readonly gold: string;
  /** Samples that a unit stands for: a multiple of 10 ms. */
  readonly step: number;
  readonly silence: string;
}

interface Aligned {
  readonly units: readonly number[];
  readonly gold: readonly string[];
}

/** @throws AsrError 'input' where the two have no recording in common or phones beyond the end of the units */
export async function phonemeDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  const { step } = options;
  const recordings = await alignedRecordings(options);
  const repeat = step / goldStep;
  const phones = new Map<string, number>();
  const [labels, units]: [number[], number[]] = [[], []];
  for (const one of recordings)
    for (let t = 0; t < Math.min(one.gold.length, one.units.length * repeat); t++) {
      const phone = one.gold[t]!;
      if (!phones.has(phone)) phones.set(phone, phones.size);
      labels.push(phones.get(phone)!);
      units.push(one.units[Math.floor(t / repeat)]!);
    }
  const count = units.reduce((most, unit) => Math.max(most, unit), 0) + 1;
  const quality = clusterQuality(Int32Array.from(units), Int32Array.from(labels), count, phones.size);
  const phoneOf = mostFrequentPhones(units, labels, [...phones.keys()]);
  let errors = noErrors;
  let boundaries: BoundaryCounts = { wanted: 0, found: 0, matched: 0 };
  const turns = new Turns();
  for (const one of recordings) {
    if (turns.due) await turns.give();
    // a unit that stands beyond the gold phones alone is read as any other that never met one
    const read = one.units.map((unit) => phoneOf.get(unit) ?? options.silence);
    errors = addErrors(errors, compare(withoutRepeats(one.gold), withoutRepeats(read)));
    const own = compareBoundaries(changes(one.gold, goldStep), changes(read, step));
    boundaries = {
      wanted: boundaries.wanted + own.wanted,
      found: boundaries.found + own.found,
      matched: boundaries.matched + own.matched,
    };
  }
  return {
    recordings: recordings.length,
    phones: phones.size,
    ...quality,
    per: errorRate(errors),
    ...boundaryScores(boundaries),
  };
}

async function alignedRecordings({ units: path, gold: goldPath, step, silence }: DiscoveryOptions): Promise<Aligned[]> {
  const repeat = step / goldStep;
  if (!Number.isInteger(repeat))
    throw new AsrError('usage', `units of ${(1000 * step) / sampleRate} ms: gold phones need a multiple of 10 ms`);
  const gold = await readAlignment(goldPath);
  const recordings: Aligned[] = [];
  for await (const { file, units } of readFileUnits(path)) {
    const aligned = gold.get(file);
    if (!aligned) continue;
    const own = goldSteps(aligned, silence);
    const missing = units.length * repeat - own.length;
    if (missing < -repeat)
      throw new AsrError(
        'input',
        `${goldPath}: "${file}" has phones for ${own.length / 100} s, ${path} units for ` +
          `${(units.length * repeat) / 100} s`,
        'Are both of the same recording, whole?',
      );
    // an alignment often ends with the last phone; up to a unit more or less is left to where frames end
    if (missing > repeat) own.push(...new Array<string>(missing).fill(silence));
    recordings.push({ units, gold: own });
  }
  if (recordings.length === 0)
    throw new AsrError(
      'input',
      `${goldPath}: none of its recordings is in ${path}`,
      'Ids of the alignment must equal those of the recordings (audio/recordings.jsonl).',
    );
  return recordings;
}

/** The phone in the middle of each 10 ms; what nobody aligned is silence. */
function goldSteps(aligned: readonly AlignedPhone[], silence: string): string[] {
  const end = aligned.reduce((last, phone) => Math.max(last, phone.end), 0);
  const steps = new Array<string>(Math.round(end / goldStep)).fill(silence);
  for (const { phone, start, end } of aligned)
    for (let t = Math.ceil(start / goldStep - 0.5); (t + 0.5) * goldStep < end && t < steps.length; t++)
      steps[t] = phone;
  return steps;
}

/** Of equally frequent phones, the one that is more frequent over all units. */
function mostFrequentPhones(
  units: readonly number[],
  labels: readonly number[],
  phones: readonly string[],
): Map<number, string> {
  const together = new Map<number, Float64Array>();
  const overall = new Float64Array(phones.length);
  units.forEach((unit, i) => {
    let counts = together.get(unit);
    if (!counts) together.set(unit, (counts = new Float64Array(phones.length)));
    counts[labels[i]!]! += 1;
    overall[labels[i]!]! += 1;
  });
  const order = [...phones.keys()].sort((a, b) => overall[b]! - overall[a]!);
  return new Map(
    [...together].map(([unit, counts]) => [
      unit,
      phones[order.reduce((best, phone) => (counts[phone]! > counts[best]! ? phone : best))]!,
    ]),
  );
}

/** Where one token follows another, in samples. */
export const changes = (line: readonly string[], step: number): number[] =>
  line.flatMap((token, i) => (i > 0 && token !== line[i - 1] ? [i * step] : []));

/**
 * Windows of 20 ms on each side of a wanted boundary, ends included; those of neighbours that overlap are cut in the
 * middle between them. Each counts once, however many were found in it.
 * @param wanted and found samples, ascending. @returns as `matched` the wanted ones in whose window any was found
 */
export function compareBoundaries(wanted: readonly number[], found: readonly number[]): BoundaryCounts {
  const ends = wanted.map((time) => [Math.max(0, time - tolerance), time + tolerance] as [number, number]);
  // all middles are of the windows as they were
  const middles = ends.slice(1).map(([start], i) => (ends[i]![1] > start ? (ends[i]![1] + start) / 2 : undefined));
  middles.forEach((middle, i) => {
    if (middle === undefined) return;
    // the benchmark rounds down to whole milliseconds
    const at = Math.floor(middle / (sampleRate / 1000)) * (sampleRate / 1000);
    ends[i]![1] = at;
    ends[i + 1]![0] = at;
  });
  let [matched, from] = [0, 0];
  for (const [start, end] of ends) {
    while (from < found.length && found[from]! < start) from++;
    if (from < found.length && found[from]! <= end) matched++;
  }
  return { wanted: wanted.length, found: found.length, matched };
}

export function boundaryScores(counts: BoundaryCounts): Pick<Discovery, 'f1' | 'rValue'> {
  const { wanted, found, matched } = counts;
  if (wanted === 0) return { f1: null, rValue: null };
  const recall = matched / wanted;
  const over = found / wanted - 1;
  const fromIdeal = Math.hypot(1 - recall, over);
  const fromPrecise = Math.abs(recall - 1 - over) / Math.SQRT2;
  return { f1: f1(counts), rValue: 1 - (fromIdeal + fromPrecise) / 2 };
}
