// eSpeak NG's IPA output to phones. eSpeak separates its phonemes by `_` and words by spaces, marks stress, and
// puts a flag such as (en) where it reads part of a word by another language's rules.

const stress = /[\u02C8\u02CC]/gu;
const flag = /\([a-z][a-z0-9-]*\)/iu;
const flags = new RegExp(flag, 'giu');
const tie = /[\u035C\u0361]/gu;
const length = /[\u02D0\u02D1]/gu;
const tone = /[\u02E5-\u02E9\u{A700}-\u{A71F}\u0030-\u0039\u00B9\u00B2\u00B3\u2070-\u2079]/gu;
// Marks, modifier letters and tone letters belong to the letter before them, at the start of a phoneme
// to the one behind. Those without a letter are matched, too, and left out afterwards: skipped, they
// would be tried from each mark again.
const letterOrMarks =
  /[\p{M}\p{Lm}\p{Sk}\p{N}]*(?:\p{Lo}|\p{Ll}|\p{Lu}|\p{Lt})[\p{M}\p{Lm}\p{Sk}\p{N}]*|[\p{M}\p{Lm}\p{Sk}\p{N}]+/gu;
const letter = /[\p{Lo}\p{Ll}\p{Lu}\p{Lt}]/u;
const lettersIn = (text: string): string[] => (text.match(letterOrMarks) ?? []).filter((part) => letter.test(part));

export interface IpaRules {
  /** Diphthongs and affricates become their letters. */
  readonly splitCompound: boolean;
  readonly stripLength: boolean;
  readonly stripTone: boolean;
}

export interface IpaPhones {
  readonly phones: string[];
  /** eSpeak switched to another language inside the word. */
  readonly foreign: boolean;
}

/** @param ipa eSpeak's output for one word, for instance `ts_ˈaɪ_t` */
export function phonesOfIpa(ipa: string, rules: IpaRules): IpaPhones {
  const foreign = flag.test(ipa);
  const plain = ipa.normalize('NFC').replace(flags, '_').replace(stress, '');
  const phones = plain.split(/[_\s]+/u).flatMap((phoneme) => {
    let kept = phoneme;
    if (rules.stripLength) kept = kept.replace(length, '');
    if (rules.stripTone) kept = kept.replace(tone, '');
    const letters = lettersIn(kept);
    return rules.splitCompound
      ? letters.map((part) => part.replace(tie, ''))
      : letters.length > 0
        ? [letters.join('')]
        : [];
  });
  return { phones, foreign };
}

/** Of phones of a lexicon, where a setting asks for it; what would be left without a letter stays as it is. */
export function stripMarks(
  phone: string,
  { stress: byStress, tone: byTone }: Readonly<Record<'stress' | 'tone', boolean>>,
): string {
  let kept = phone;
  if (byStress) kept = kept.replace(stress, '').replace(arpabetStress, '');
  if (byTone) kept = kept.replace(tone, '');
  return letter.test(kept) ? kept : phone;
}

/** Vowels of CMUdict have two letters and a digit. */
const arpabetStress = /(?<=^[AEIOU][A-Z])[012]$/;

const linked = /[\u035C\u0361]$/u;
/** What stands in transcriptions without being sound: stress, boundaries of syllables, links, brackets. */
const unspoken = /[\u02C8\u02CC.\u203F/[\]()'‖|\s]/gu;

/**
 * The phones of a transcription without blanks (`haʊs`), each with its marks and what a tie joins to it.
 * @returns undefined where something is no letter of IPA
 */
export function segmentIpa(ipa: string): string[] | undefined {
  const plain = ipa.normalize('NFC').replace(unspoken, '');
  const parts = lettersIn(plain);
  if (parts.join('') !== plain || /[\p{Lu}\p{N}]/u.test(plain.replace(tone, ''))) return undefined;
  const phones: string[] = [];
  for (const part of parts) {
    if (linked.test(phones.at(-1) ?? '')) phones[phones.length - 1] += part;
    else phones.push(part);
  }
  return phones.length > 0 ? phones : undefined;
}
