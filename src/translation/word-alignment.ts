// Which word of a translation comes from which: EM over sentence pairs, first without order (IBM model 1, Brown et al.,
// 1993), then with a pull to the diagonal (Dyer, Chahuneau and Smith, NAACL 2013); both directions, brought together
// by growing from what both say (Koehn, Och and Marcu, NAACL 2003).

export type SentencePair = readonly [source: readonly string[], target: readonly string[]];

const plainRounds = 4;
const orderedRounds = 3;
const nullShare = 0.08; // of words that come from none
const tension = 4; // of the pull to the diagonal

/** For each pair the links, source place times 256 plus target place: sentences have at most 255 words. */
export function alignWords(pairs: readonly SentencePair[]): Int32Array[] {
  const there = alignOneWay(pairs.map(([source, target]) => [source, target]));
  const back = alignOneWay(pairs.map(([source, target]) => [target, source]));
  return pairs.map(([source, target], i) => grown(source.length, target.length, there[i]!, back[i]!));
}

/** @returns for each pair and word of its second side the place of its origin in the first, -1 where it has none */
function alignOneWay(pairs: readonly SentencePair[]): Int16Array[] {
  const model = linksOf(pairs);
  const { links, owners, count } = model;
  const chance = new Float64Array(count).fill(1);
  const gathered = new Float64Array(count);
  const totals = new Float64Array(model.words);
  for (let round = 0; round < plainRounds + orderedRounds; round++) {
    const ordered = round >= plainRounds;
    gathered.fill(0);
    totals.fill(0);
    forEachWord(pairs, ordered, (at, prior) => {
      let sum = 0;
      for (let i = 0; i < prior.length; i++) sum += prior[i]! * chance[links[at + i]!]!;
      for (let i = 0; i < prior.length; i++) {
        const share = (prior[i]! * chance[links[at + i]!]!) / sum;
        gathered[links[at + i]!]! += share;
        totals[owners[links[at + i]!]!]! += share;
      }
    });
    for (let link = 0; link < count; link++) chance[link] = Math.max(1e-9, gathered[link]! / totals[owners[link]!]!);
  }
  const best = pairs.map(([, target]) => new Int16Array(target.length));
  forEachWord(pairs, true, (at, prior, pair, j) => {
    let found = 0;
    for (let i = 1; i < prior.length; i++)
      if (prior[i]! * chance[links[at + i]!]! > prior[found]! * chance[links[at + found]!]!) found = i;
    best[pair]![j] = found - 1;
  });
  return best;
}

/** Numbers for the pairs of words that stand in one pair of sentences; the first word of each sentence is "none". */
function linksOf(pairs: readonly SentencePair[]) {
  const ids = (side: 0 | 1): Map<string, number> => {
    const seen = new Map<string, number>();
    for (const pair of pairs) for (const word of pair[side]) if (!seen.has(word)) seen.set(word, seen.size + 1);
    return seen;
  };
  const [sources, targets] = [ids(0), ids(1)];
  const size = pairs.reduce((sum, [source, target]) => sum + (source.length + 1) * target.length, 0);
  const links = new Int32Array(size);
  const numbers = new Map<number, number>();
  const owners: number[] = [];
  let at = 0;
  for (const [source, target] of pairs) {
    const from = [0, ...source.map((word) => sources.get(word)!)];
    for (const word of target)
      for (const owner of from) {
        const key = owner * (targets.size + 1) + targets.get(word)!;
        let number = numbers.get(key);
        if (number === undefined) {
          number = owners.length;
          numbers.set(key, number);
          owners.push(owner);
        }
        links[at++] = number;
      }
  }
  return { links, owners: Int32Array.from(owners), count: owners.length, words: sources.size + 1 };
}

/** Every word of every second side, with where its links begin and how likely each origin is before words are known. */
function forEachWord(
  pairs: readonly SentencePair[],
  ordered: boolean,
  use: (at: number, prior: Float64Array, pair: number, j: number) => void,
): void {
  let at = 0;
  pairs.forEach(([source, target], pair) => {
    const n = source.length;
    const prior = new Float64Array(n + 1);
    target.forEach((_, j) => {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        prior[i + 1] = ordered ? Math.exp(-tension * Math.abs((i + 0.5) / n - (j + 0.5) / target.length)) : 1;
        sum += prior[i + 1]!;
      }
      for (let i = 0; i < n; i++) prior[i + 1]! *= (1 - nullShare) / sum;
      prior[0] = nullShare;
      use(at, prior, pair, j);
      at += n + 1;
    });
  });
}

/** grow-diag-final-and: what both directions say, then neighbours that one says, then words that have none yet. */
function grown(n: number, m: number, there: Int16Array, back: Int16Array): Int32Array {
  const union = new Set<number>();
  const links = new Set<number>();
  there.forEach((i, j) => {
    if (i >= 0) union.add(i * 256 + j);
  });
  back.forEach((j, i) => {
    if (j < 0) return;
    if (union.has(i * 256 + j)) links.add(i * 256 + j);
    union.add(i * 256 + j);
  });
  const hasSource = new Uint8Array(n);
  const hasTarget = new Uint8Array(m);
  const take = (link: number): void => {
    links.add(link);
    hasSource[link >> 8] = 1;
    hasTarget[link & 255] = 1;
  };
  for (const link of links) take(link);
  const candidates = [...union].sort((a, b) => a - b);
  for (let added = true; added;) {
    added = false;
    for (const link of candidates) {
      const [i, j] = [link >> 8, link & 255];
      if (links.has(link) || (hasSource[i] && hasTarget[j]) || !besideOne(links, i, j)) continue;
      take(link);
      added = true;
    }
  }
  for (const link of candidates) if (!hasSource[link >> 8] && !hasTarget[link & 255]) take(link);
  return Int32Array.from(links).sort();
}

function besideOne(links: ReadonlySet<number>, i: number, j: number): boolean {
  for (let a = -1; a <= 1; a++)
    for (let b = -1; b <= 1; b++)
      if ((a !== 0 || b !== 0) && i + a >= 0 && j + b >= 0 && links.has((i + a) * 256 + j + b)) return true;
  return false;
}
