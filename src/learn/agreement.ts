// Two transcripts of each utterance in, how far they follow each other out: edits between the two of one utterance over
// edits between those of different ones. What both share whatever is said (the text's frequent phones) does not count.
import { distance } from 'fastest-levenshtein';

type Lines = readonly (readonly string[])[];

/** Writes each phone as one character, so that edits of characters are edits of phones. */
export function phoneCoder(): (phones: readonly string[]) => string {
  const codes = new Map<string, string>();
  return (phones) =>
    phones
      .map((phone) => {
        const known = codes.get(phone) ?? String.fromCharCode(0x4e00 + codes.size);
        codes.set(phone, known);
        return known;
      })
      .join('');
}

/**
 * @param one [utterances] phones. @param other the same utterances by another way
 * @returns 1 = equal; 0 = they would go with another utterance of about the same
 * length as well; null for fewer than two
 */
export function agreementOf(one: Lines, other: Lines): number | null {
  if (one.length < 2) return null;
  const coded = phoneCoder();
  const pairs = one.map((phones, i) => ({ phones: coded(phones), other: coded(other[i]!) }));
  pairs.sort((a, b) => a.other.length - b.other.length);
  let [own, different] = [0, 0];
  for (const [i, pair] of pairs.entries()) {
    const neighbour = pairs[i + 1 < pairs.length ? i + 1 : i - 1]!;
    own += distance(pair.phones, pair.other);
    different += distance(pair.phones, neighbour.other);
  }
  return different === 0 ? 0 : 1 - own / different;
}
