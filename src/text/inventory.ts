// Words with their counts in, the phones that they are made of out: how often each is
// spoken, and a common word that has it.
import type { WordPronouncer } from './pronunciation.js';
import { describePhone, featuresOf, type PhoneFeatures } from './ipa-features.js';

export interface InventoryRow {
  readonly phone: string;
  /** Tokens in the text. */
  readonly count: number;
  /** Of all phones, 0 to 1. */
  readonly share: number;
  /** The most frequent word that has it. */
  readonly example: string;
  readonly exampleWord: readonly string[];
  readonly features: PhoneFeatures | null;
  /** The features in words; empty where the chart has no such letter. */
  readonly description: string;
}

export interface Inventory {
  /** The most frequent first. */
  readonly rows: readonly InventoryRow[];
  /** Words without a pronunciation, the most frequent first, with their counts. */
  readonly missing: readonly (readonly [string, number])[];
  readonly words: number;
}

export function phoneInventory(counts: ReadonlyMap<string, number>, pronounce: WordPronouncer): Inventory {
  const phones = new Map<string, { count: number; example: string; exampleWord: readonly string[] }>();
  const missing: [string, number][] = [];
  let words = 0;
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  for (const [word, count] of byCount) {
    words += count;
    const spoken = pronounce(word);
    if ('missing' in spoken) {
      missing.push([word, count]);
      continue;
    }
    for (const phone of spoken.phones) {
      const entry = phones.get(phone) ?? { count: 0, example: word, exampleWord: spoken.phones };
      entry.count += count;
      phones.set(phone, entry);
    }
  }
  const total = [...phones.values()].reduce((sum, { count }) => sum + count, 0);
  const rows = [...phones].map(([phone, entry]): InventoryRow => ({
    phone,
    ...entry,
    share: entry.count / total,
    features: featuresOf(phone) ?? null,
    description: describePhone(phone),
  }));
  rows.sort((a, b) => b.count - a.count || (a.phone < b.phone ? -1 : 1));
  return { rows, missing, words };
}
