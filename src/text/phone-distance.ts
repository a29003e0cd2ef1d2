// How unlike two phones are, by what the chart of the International Phonetic Association says of them: for labels of
// one language that another one is learned from. The steps are a choice of ours, coarse on purpose, not measured.
import { featuresOf, type ConsonantFeatures, type PhoneFeatures, type VowelFeatures } from './ipa-features.js';

/** Along the vocal tract, about equal steps for the ear; compounds are where their first part is. */
const places: Readonly<Record<string, number>> = {
  bilabial: 0,
  'labial-velar': 0.5,
  'labial-palatal': 0.5,
  labiodental: 0.5,
  dental: 1.5,
  alveolar: 2,
  postalveolar: 2.5,
  'postalveolar-velar': 2.5,
  retroflex: 2.8,
  'alveolo-palatal': 3,
  palatal: 3.5,
  velar: 4.5,
  uvular: 5.3,
  pharyngeal: 6.2,
  epiglottal: 6.5,
  glottal: 7,
};

const heights: Readonly<Record<string, number>> = {
  close: 0,
  'near-close': 0.5,
  'close-mid': 1,
  mid: 1.5,
  'open-mid': 2,
  'near-open': 2.7,
  open: 3.4,
};

const backnesses: Readonly<Record<string, number>> = { front: 0, central: 1, back: 2 };

/** How far the tract is open, from a closure on. */
function openness(manner: string): number {
  if (manner.includes('affricate')) return 0.5;
  if (manner.includes('fricative')) return 1;
  if (manner.includes('approximant')) return 2;
  if (manner.includes('trill') || manner.includes('tap')) return 1.5;
  return 0;
}

const weight = { openness: 1.5, nasal: 2, lateral: 1, trill: 1, airstream: 1.5, voice: 0.8, place: 0.6, mark: 0.3 };
const furthestPlace = 2;
const vowelWeight = { height: 1, backness: 0.8, rounding: 0.6 };
/** A glide and its vowel: j and i. */
const glide = 1.5;
const glides: Readonly<Record<string, string>> = { j: 'i', w: 'u', ɥ: 'y', ɰ: 'ɯ' };

/**
 * 0 for the same symbol; about 1 for a phone that differs in one feature (p and b .8, e and ɛ 1, s and z .8); Infinity
 * where a vowel meets a consonant or a symbol is none of the chart.
 */
export function phoneDistance(a: string, b: string): number {
  if (a === b) return 0;
  if (glides[a] === b || glides[b] === a) return glide;
  const [one, other] = [featuresOf(a), featuresOf(b)];
  if (!one || !other) return Infinity;
  const marks = weight.mark * differentMarks(one, other);
  if (one.kind === 'consonant' && other.kind === 'consonant') return marks + consonants(one, other);
  return one.kind === 'vowel' && other.kind === 'vowel' ? marks + vowels(one, other) : Infinity;
}

function consonants(a: ConsonantFeatures, b: ConsonantFeatures): number {
  const differs = (sign: string): number => Number(a.manner.includes(sign) !== b.manner.includes(sign));
  const vibrates = ({ manner }: ConsonantFeatures): boolean => /trill|tap/.test(manner);
  return (
    weight.openness * Math.abs(openness(a.manner) - openness(b.manner)) +
    weight.nasal * differs('nasal') +
    weight.lateral * differs('lateral') +
    weight.trill * Number(vibrates(a) !== vibrates(b)) +
    weight.airstream * Math.max(differs('implosive'), differs('click')) +
    weight.voice * Number(a.voiced !== b.voiced) +
    weight.place * Math.min(furthestPlace, Math.abs((places[a.place] ?? NaN) - (places[b.place] ?? NaN)))
  );
}

const vowels = (a: VowelFeatures, b: VowelFeatures): number =>
  vowelWeight.height * Math.abs(heights[a.height]! - heights[b.height]!) +
  vowelWeight.backness * Math.abs(backnesses[a.backness]! - backnesses[b.backness]!) +
  vowelWeight.rounding * Number(a.rounded !== b.rounded);

function differentMarks(a: PhoneFeatures, b: PhoneFeatures): number {
  const marks = new Set([...a.marks, ...b.marks]);
  return [...marks].filter((mark) => a.marks.includes(mark) !== b.marks.includes(mark)).length;
}

/** What each phone of one set is called in another. */
export interface PhoneMapping {
  /** Number in the other set; none where nothing is near enough. */
  readonly labels: ReadonlyMap<string, number>;
  /** Pairs of different symbols. */
  readonly changed: readonly (readonly [from: string, to: string])[];
  /** Phones that nothing is near enough to. */
  readonly unknown: readonly string[];
}

/**
 * The nearest of the other set, the first of equally near ones.
 * @param furthest distance beyond which a phone is called unknown
 */
export function mapPhones(phones: Iterable<string>, others: readonly string[], furthest: number): PhoneMapping {
  const labels = new Map<string, number>();
  const changed: (readonly [string, string])[] = [];
  const unknown: string[] = [];
  for (const phone of phones) {
    let best = -1;
    let least = Infinity;
    others.forEach((other, at) => {
      const distance = phoneDistance(phone, other);
      if (!(distance < least)) return;
      best = at;
      least = distance;
    });
    if (best < 0 || least > furthest) unknown.push(phone);
    else {
      labels.set(phone, best);
      if (least > 0) changed.push([phone, others[best]!]);
    }
  }
  return { labels, changed, unknown };
}
