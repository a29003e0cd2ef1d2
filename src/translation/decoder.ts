// Phrase-based translation of one sentence: a beam over how much is covered, phrases in an order that may jump within a
// limit, scored by the table, an n-gram model of the target, and costs of length and jumps (Koehn, 2003; Moses).
import type { NgramModel } from '../lm/ngram.js';
import type { PhraseTable } from './phrase-table.js';
import { isWord } from './tokens.js';

export interface DecoderWeights {
  /** Of the table's four logarithms. */
  readonly phrases: readonly number[];
  readonly lm: number;
  /** For each word of the target. */
  readonly word: number;
  /** For each phrase. */
  readonly phrase: number;
  /** For each word that is jumped over; a cost. */
  readonly jump: number;
}

export interface DecoderSettings {
  readonly weights: DecoderWeights;
  /** Hypotheses that cover equally many words. */
  readonly beam: number;
  /** Words that a phrase may begin away from the end of the last, and that may stay uncovered behind; up to 20. */
  readonly jumps: number;
  /** Options of a phrase that are tried. */
  readonly options: number;
  /** Words of the longest phrase. */
  readonly longest: number;
}

interface Option {
  readonly words: readonly string[];
  readonly ids: readonly number[];
  /** Weighted, without the LM's part. */
  readonly score: number;
  /** `score` and what the LM says of its words by themselves. */
  readonly estimate: number;
}

interface Hypothesis {
  readonly score: number;
  /** `score` and the estimate of what is not covered. */
  readonly total: number;
  readonly state: number;
  /** First word that is not covered, and which of those behind it are. */
  readonly gap: number;
  readonly mask: number;
  /** Where the last phrase ended. */
  readonly end: number;
  readonly option: Option | undefined;
  readonly before: Hypothesis | undefined;
}

/** Where a phrase goes, and what stands before the option that is taken for it. */
interface Extension extends Pick<Hypothesis, 'gap' | 'mask' | 'end'> {
  readonly base: number;
  /** The estimate of what is not covered then. */
  readonly ahead: number;
  readonly covers: number;
}

const unknownCost = -10; // of a word that no table has: it is copied
const toNatural = Math.LN10;

/** @param prepared tables can be shared by many sentences: nothing in them is changed */
export function createDecoder(table: PhraseTable, lm: NgramModel, settings: DecoderSettings) {
  const { weights, beam, jumps, longest } = settings;
  const cache = new Map<string, readonly Option[]>();

  const optionOf = (words: readonly string[], tableScore: number): Option => {
    const ids = words.map((word) => lm.id(word));
    const score = tableScore + weights.word * words.length + weights.phrase;
    let state = lm.emptyState;
    let alone = 0;
    for (const id of ids) {
      alone += lm.score(state, id);
      state = lm.advance(state, id);
    }
    return { words, ids, score, estimate: score + weights.lm * toNatural * alone };
  };

  const optionsOf = (phrase: readonly string[]): readonly Option[] => {
    const name = phrase.join(' ');
    let found = cache.get(name);
    if (found) return found;
    const options = (table.get(name) ?? []).map(({ target, features }) =>
      optionOf(
        target,
        features.reduce((sum, value, i) => sum + value * (weights.phrases[i] ?? 0), 0),
      ),
    );
    if (phrase.length === 1 && options.length === 0) options.push(optionOf(phrase, isWord(name) ? unknownCost : 0));
    found = options.sort((a, b) => b.estimate - a.estimate).slice(0, settings.options);
    cache.set(name, found);
    return found;
  };

  return (sentence: readonly string[]): string[] => {
    const n = sentence.length;
    if (n === 0) return [];
    const spans: (readonly Option[])[][] = sentence.map((_, start) =>
      Array.from({ length: Math.min(longest, n - start) }, (__, i) => optionsOf(sentence.slice(start, start + i + 1))),
    );
    const future = futureCosts(spans, n);
    const stacks = Array.from({ length: n + 1 }, () => new Map<string, Hypothesis>());
    const begin: Hypothesis = {
      score: 0,
      total: future[0]![n]!,
      state: lm.startState,
      gap: 0,
      mask: 0,
      end: 0,
      option: undefined,
      before: undefined,
    };
    stacks[0]!.set('', begin);
    const worst = new Float64Array(n + 1).fill(-Infinity);
    let best: Hypothesis | undefined;
    for (let covered = 0; covered <= n; covered++) {
      const stack = [...stacks[covered]!.values()].sort((a, b) => b.total - a.total).slice(0, beam);
      if (covered === n) {
        best = stack[0];
        break;
      }
      for (const hypothesis of stack) extend(hypothesis, covered);
      stacks[covered]!.clear();
    }
    const out: string[] = [];
    for (let at = best; at?.option; at = at.before) out.unshift(...at.option.words);
    return out;

    function extend(hypothesis: Hypothesis, covered: number): void {
      const { gap, mask, end } = hypothesis;
      for (let start = gap; start < Math.min(n, gap + jumps + 1); start++) {
        if ((mask >> (start - gap)) & 1) continue;
        const jumped = Math.abs(start - end);
        if (jumped > jumps) continue;
        for (let length = 1; length <= spans[start]!.length; length++) {
          if ((mask >> (start + length - 1 - gap)) & 1) break;
          // Whoever leaves a gap must be able to come back to it.
          if (start > gap && start + length - gap > jumps) break;
          const options = spans[start]![length - 1]!;
          if (options.length === 0) continue;
          const [nextGap, nextMask] = cover(gap, mask, start, length);
          const extension: Extension = {
            base: hypothesis.score - weights.jump * jumped,
            ahead: aheadOf(nextGap, nextMask),
            covers: covered + length,
            gap: nextGap,
            mask: nextMask,
            end: start + length,
          };
          for (const option of options) add(hypothesis, option, extension);
        }
      }
    }

    function add(before: Hypothesis, option: Option, { base, ahead, covers, gap, mask, end }: Extension): void {
      let state = before.state;
      let lmScore = 0;
      for (const id of option.ids) {
        lmScore += lm.score(state, id);
        state = lm.advance(state, id);
      }
      if (covers === n) lmScore += lm.finish(state);
      const score = base + option.score + weights.lm * toNatural * lmScore;
      const total = score + ahead;
      if (total <= worst[covers]!) return;
      const stack = stacks[covers]!;
      const key = `${gap} ${mask} ${end} ${state}`;
      const known = stack.get(key);
      if (known && known.total >= total) return;
      stack.set(key, { score, total, state, gap, mask, end, option, before });
      if (stack.size <= 4 * beam) return;
      const kept = [...stack].sort(([, a], [, b]) => b.total - a.total).slice(0, beam);
      stacks[covers] = new Map(kept);
      worst[covers] = kept.at(-1)![1].total;
    }

    function aheadOf(gap: number, mask: number): number {
      let sum = 0;
      let at = gap;
      while (at < n) {
        let to = at;
        while (to < n && (to - gap > 30 || !((mask >> (to - gap)) & 1))) to++;
        sum += future[at]![to]!;
        at = to;
        while (at < n && at - gap <= 30 && (mask >> (at - gap)) & 1) at++;
      }
      return sum;
    }
  };
}

/** What is covered after a phrase, with the gap moved to the first word that is not. */
function cover(gap: number, mask: number, start: number, length: number): [gap: number, mask: number] {
  let covered = mask | (((1 << length) - 1) << (start - gap));
  let first = gap;
  while (covered & 1) {
    covered >>= 1;
    first++;
  }
  return [first, covered];
}

/** [from][to]: the best estimate of translating this stretch, without jumps. */
function futureCosts(spans: readonly (readonly (readonly Option[])[])[], n: number): Float64Array[] {
  const best = Array.from({ length: n + 1 }, () => new Float64Array(n + 1).fill(-Infinity));
  for (let from = n; from >= 0; from--) {
    best[from]![from] = 0;
    spans[from]?.forEach((options, i) => {
      const first = options[0];
      if (!first) return;
      for (let to = from + i + 1; to <= n; to++)
        best[from]![to] = Math.max(best[from]![to]!, first.estimate + best[from + i + 1]![to]!);
    });
  }
  return best;
}
