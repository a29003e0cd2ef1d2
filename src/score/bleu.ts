// How much a translation shares with a reference: BLEU (Papineni et al., ACL 2002) over words as mteval-v13a parts
// them, and chrF (Popović, WMT 2015) over characters; both of a whole text, in percent, as `sacrebleu` computes them.

const order = 4;

const entities: readonly (readonly [string, string])[] = [
  ['<skipped>', ''],
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
];

/** Words as mteval-v13a takes them: signs apart, except points and commas inside numbers. */
export function bleuTokens(line: string): string[] {
  const plain = entities.reduce((text, [name, sign]) => text.replaceAll(name, sign), line);
  const spaced = ` ${plain} `
    .replace(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])(-)/gu, '$1 $2 ');
  return spaced.split(/\s+/u).filter((word) => word !== '');
}

interface TranslationScores {
  readonly bleu: number;
  readonly chrf: number;
}

/** @param pairs a translation and its reference, sentence by sentence @param lowercase capitals do not count */
export function translationScores(
  pairs: Iterable<readonly [hypothesis: string, reference: string]>,
  lowercase = false,
): TranslationScores {
  const bleu = new Bleu();
  const chrf = new Chrf();
  for (const [hypothesis, reference] of pairs) {
    const [a, b] = lowercase ? [hypothesis.toLowerCase(), reference.toLowerCase()] : [hypothesis, reference];
    bleu.add(bleuTokens(a), bleuTokens(b));
    chrf.add(a, b);
  }
  return { bleu: bleu.value, chrf: chrf.value };
}

function ngramCounts(items: readonly string[], length: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + length <= items.length; i++) {
    const name = items.slice(i, i + length).join(' ');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);

function shared(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let matches = 0;
  for (const [name, count] of a) matches += Math.min(count, b.get(name) ?? 0);
  return matches;
}

class Bleu {
  readonly #matches = new Float64Array(order);
  readonly #totals = new Float64Array(order);
  #hypothesis = 0;
  #reference = 0;

  add(hypothesis: readonly string[], reference: readonly string[]): void {
    this.#hypothesis += hypothesis.length;
    this.#reference += reference.length;
    for (let length = 1; length <= order; length++) {
      const found = ngramCounts(hypothesis, length);
      this.#matches[length - 1]! += shared(found, ngramCounts(reference, length));
      this.#totals[length - 1]! += sum(found);
    }
  }

  /** Orders without a match count half of one, then a quarter, as in mteval ("exp" smoothing). */
  get value(): number {
    let smooth = 1;
    let logs = 0;
    for (let i = 0; i < order; i++) {
      if (this.#totals[i] === 0 || this.#matches[0] === 0) return 0;
      const matches = this.#matches[i]!;
      if (matches === 0) smooth *= 2;
      logs += Math.log((matches === 0 ? 1 / smooth : matches) / this.#totals[i]!);
    }
    const brevity = Math.min(1, Math.exp(1 - this.#reference / this.#hypothesis));
    return 100 * brevity * Math.exp(logs / order);
  }
}

const characters = 6;
const beta = 2;

class Chrf {
  readonly #hypothesis = new Float64Array(characters);
  readonly #reference = new Float64Array(characters);
  readonly #matches = new Float64Array(characters);

  add(hypothesis: string, reference: string): void {
    const [a, b] = [hypothesis, reference].map((text) => [...text.replace(/\s+/gu, '')]) as [string[], string[]];
    for (let length = 1; length <= characters; length++) {
      const [found, wanted] = [ngramCounts(a, length), ngramCounts(b, length)];
      this.#hypothesis[length - 1]! += sum(found);
      this.#reference[length - 1]! += sum(wanted);
      this.#matches[length - 1]! += shared(found, wanted);
    }
  }

  /** Precision and recall are means over the lengths that both sides have. */
  get value(): number {
    let [precision, recall, lengths] = [0, 0, 0];
    for (let i = 0; i < characters; i++) {
      if (this.#hypothesis[i] === 0 || this.#reference[i] === 0) continue;
      precision += this.#matches[i]! / this.#hypothesis[i]!;
      recall += this.#matches[i]! / this.#reference[i]!;
      lengths++;
    }
    if (lengths === 0 || precision + recall === 0) return 0;
    precision /= lengths;
    recall /= lengths;
    return (100 * (1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
  }
}
