// What a phone is, by the chart of the International Phonetic Association: its letters and marks in, place, manner,
// voice, or height, backness, rounding out. For people who look at an inventory; nothing is learned from it.

export interface ConsonantFeatures {
  readonly kind: 'consonant';
  readonly voiced: boolean;
  readonly place: string;
  readonly manner: string;
}

export interface VowelFeatures {
  readonly kind: 'vowel';
  readonly height: string;
  readonly backness: string;
  readonly rounded: boolean;
}

export type PhoneFeatures = (ConsonantFeatures | VowelFeatures) & {
  /** What marks add: long, nasalised, aspirated … */
  readonly marks: readonly string[];
};

/** Rows of the chart: manner; then place to its letters, voiceless and voiced, `-` where there is none. */
const consonantRows: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plosive: {
    bilabial: 'p b',
    alveolar: 't d',
    retroflex: 'ʈ ɖ',
    palatal: 'c ɟ',
    velar: 'k ɡ',
    uvular: 'q ɢ',
    epiglottal: 'ʡ -',
    glottal: 'ʔ -',
  },
  nasal: {
    bilabial: '- m',
    labiodental: '- ɱ',
    alveolar: '- n',
    retroflex: '- ɳ',
    palatal: '- ɲ',
    velar: '- ŋ',
    uvular: '- ɴ',
  },
  trill: { bilabial: '- ʙ', alveolar: '- r', uvular: '- ʀ', epiglottal: 'ʜ ʢ' },
  tap: { labiodental: '- ⱱ', alveolar: '- ɾ', retroflex: '- ɽ' },
  fricative: {
    bilabial: 'ɸ β',
    labiodental: 'f v',
    dental: 'θ ð',
    alveolar: 's z',
    postalveolar: 'ʃ ʒ',
    retroflex: 'ʂ ʐ',
    'alveolo-palatal': 'ɕ ʑ',
    palatal: 'ç ʝ',
    velar: 'x ɣ',
    uvular: 'χ ʁ',
    pharyngeal: 'ħ ʕ',
    glottal: 'h ɦ',
    'postalveolar-velar': 'ɧ -',
  },
  'lateral fricative': { alveolar: 'ɬ ɮ' },
  approximant: {
    'labial-velar': 'ʍ w',
    'labial-palatal': '- ɥ',
    labiodental: '- ʋ',
    alveolar: '- ɹ',
    retroflex: '- ɻ',
    palatal: '- j',
    velar: '- ɰ',
  },
  'lateral approximant': { alveolar: '- l', retroflex: '- ɭ', palatal: '- ʎ', velar: '- ʟ' },
  'lateral tap': { alveolar: '- ɺ' },
  'velarised lateral approximant': { alveolar: '- ɫ' },
  implosive: { bilabial: '- ɓ', alveolar: '- ɗ', palatal: '- ʄ', velar: '- ɠ', uvular: '- ʛ' },
  click: { bilabial: 'ʘ -', dental: 'ǀ -', postalveolar: 'ǃ -', palatal: 'ǂ -' },
  'lateral click': { alveolar: 'ǁ -' },
};

/** Rows of the chart of vowels: height; then front, central, back, each unrounded and rounded. */
const vowelRows: Readonly<Record<string, readonly [string, string, string]>> = {
  close: ['i y', 'ɨ ʉ', 'ɯ u'],
  'near-close': ['ɪ ʏ', 'ᵻ ᵿ', '- ʊ'],
  'close-mid': ['e ø', 'ɘ ɵ', 'ɤ o'],
  mid: ['- -', 'ə -', '- -'],
  'open-mid': ['ɛ œ', 'ɜ ɞ', 'ʌ ɔ'],
  'near-open': ['æ -', 'ɐ -', '- -'],
  open: ['a ɶ', '- -', 'ɑ ɒ'],
};

const backnesses = ['front', 'central', 'back'] as const;

type Base = ConsonantFeatures | VowelFeatures;
const bases = new Map<string, Base>();
for (const [manner, places] of Object.entries(consonantRows))
  for (const [place, letters] of Object.entries(places))
    for (const [i, letter] of letters.split(' ').entries())
      if (letter !== '-') bases.set(letter, { kind: 'consonant', voiced: i === 1, place, manner });
for (const [height, columns] of Object.entries(vowelRows))
  for (const [column, letters] of columns.entries())
    for (const [i, letter] of letters.split(' ').entries())
      if (letter !== '-')
        bases.set(letter, { kind: 'vowel', height, backness: backnesses[column] as string, rounded: i === 1 });
const alike: Readonly<Record<string, string>> = {
  g: 'ɡ',
  ɚ: 'ə',
  ɝ: 'ɜ',
  ʦ: 'ts',
  ʣ: 'dz',
  ʧ: 'tʃ',
  ʤ: 'dʒ',
  ʨ: 'tɕ',
  ʥ: 'dʑ',
};

const marks: Readonly<Record<string, string>> = {
  ː: 'long',
  ˑ: 'half-long',
  '\u0306': 'extra-short',
  '\u0303': 'nasalised',
  '\u0325': 'voiceless',
  '\u030A': 'voiceless',
  '\u032C': 'voiced',
  '\u0329': 'syllabic',
  '\u030D': 'syllabic',
  '\u032F': 'non-syllabic',
  '\u032A': 'dental',
  '\u033A': 'apical',
  '\u033B': 'laminal',
  '\u0324': 'breathy',
  '\u0330': 'creaky',
  '\u0334': 'velarised',
  '\u031F': 'advanced',
  '\u0320': 'retracted',
  '\u031D': 'raised',
  '\u031E': 'lowered',
  '\u0308': 'centralised',
  '\u0339': 'more rounded',
  '\u031C': 'less rounded',
  '\u031A': 'unreleased',
  ʰ: 'aspirated',
  ʱ: 'breathy',
  ʲ: 'palatalised',
  ʷ: 'labialised',
  ˠ: 'velarised',
  ˤ: 'pharyngealised',
  ʼ: 'ejective',
  ⁿ: 'nasal release',
  ˡ: 'lateral release',
  '˞': 'rhotic',
  '\u0301': 'high tone',
  '\u0300': 'low tone',
  '\u0304': 'mid tone',
  '\u0302': 'falling tone',
  '\u030C': 'rising tone',
};

/**
 * @param phone one phone as the text stage writes it; an affricate or diphthong is told by its parts
 * @returns undefined where its letters are no letters of the chart
 */
export function featuresOf(phone: string): PhoneFeatures | undefined {
  const letters: Base[] = [];
  const found: string[] = [];
  // Decomposed, so that ã is a with a mark; ç is a letter of its own in the chart.
  const plain = phone.replace(/[ç]/gu, '\uE000').normalize('NFD').replaceAll('\uE000', 'ç');
  for (const sign of plain) {
    if (/[\u035C\u0361]/u.test(sign)) continue;
    const mark = marks[sign];
    if (mark !== undefined) {
      found.push(mark);
      continue;
    }
    if (sign === 'ɚ' || sign === 'ɝ') found.push('rhotic');
    for (const letter of alike[sign] ?? sign) {
      const base = bases.get(letter);
      if (!base) return undefined;
      letters.push(base);
    }
  }
  const [first, second] = letters;
  if (!first || letters.length > 2) return undefined;
  if (!second) return { ...first, marks: found };
  // Two parts: an affricate takes its place from the fricative, a diphthong is named by where it begins.
  if (first.kind === 'consonant' && second.kind === 'consonant' && first.manner === 'plosive')
    return second.manner.endsWith('fricative')
      ? { ...second, voiced: first.voiced, manner: second.manner.replace('fricative', 'affricate'), marks: found }
      : second.manner === 'plosive'
        ? { ...first, place: `${first.place}-${second.place}`.replace('velar-bilabial', 'labial-velar'), marks: found }
        : undefined;
  return first.kind === 'vowel' && second.kind === 'vowel' ? { ...first, marks: [...found, 'diphthong'] } : undefined;
}

/** For people: `voiced bilabial plosive`, `long close front unrounded vowel`. */
export function describePhone(phone: string): string {
  const features = featuresOf(phone);
  if (!features) return '';
  const named =
    features.kind === 'consonant'
      ? [features.voiced ? 'voiced' : 'voiceless', features.place, features.manner]
      : [features.height, features.backness, features.rounded ? 'rounded' : 'unrounded', 'vowel'];
  return [...features.marks, ...named].join(' ');
}
