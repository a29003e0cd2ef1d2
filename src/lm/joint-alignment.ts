// Which letters of a word stand for which of its phones: words with their phones in, the likeliest pieces ("ch" with
// "tʃ", a silent letter with nothing) out. Expectation maximisation over all ways to cut a word into pieces of at most
// two letters and two phones (Jiampojamarn, Kondrak and Sherif, 2007; Bisani and Ney, 2008).

/** A word as it is written and spoken. */
export interface PronouncedWord {
  /** With their marks. */
  readonly letters: readonly string[];
  readonly phones: readonly string[];
}

/** Letters and the phones that they stand for; one of both may be empty. */
export interface JointPiece {
  readonly letters: readonly string[];
  readonly phones: readonly string[];
}

/** Letters with their marks. */
export const lettersOf = (word: string): string[] => word.normalize('NFC').match(/\P{M}\p{M}*/gu) ?? [];

const longest = 2;
const rounds = 6;
/** Pieces that are rarer get this share, so that no word loses its last way. */
const least = 1e-7;

/** Sizes of a piece; where letters or phones stand alone they have to be earned. */
const sizes: readonly { readonly l: number; readonly p: number; readonly start: number }[] = [
  { l: 1, p: 1, start: 1 },
  { l: 2, p: 1, start: 0.3 },
  { l: 1, p: 2, start: 0.3 },
  { l: 1, p: 0, start: 0.1 },
  { l: 0, p: 1, start: 0.01 },
];

const keyOf = (letters: readonly string[], phones: readonly string[]): string =>
  `${letters.join('')}\t${phones.join(' ')}`;

/** Every piece of a word, by where it begins: [letter, phone]. */
interface Lattice {
  readonly width: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly piece: Int32Array;
  readonly nodes: number;
}

/** Pieces by number, with their probabilities. */
class Pieces {
  readonly #ids = new Map<string, number>();
  readonly starts: number[] = [];

  of(letters: readonly string[], phones: readonly string[], start: number): number {
    const key = keyOf(letters, phones);
    let id = this.#ids.get(key);
    if (id === undefined) {
      this.#ids.set(key, (id = this.#ids.size));
      this.starts.push(start);
    }
    return id;
  }
}

function latticeOf({ letters, phones }: PronouncedWord, pieces: Pieces): Lattice {
  const width = phones.length + 1;
  const from: number[] = [];
  const to: number[] = [];
  const piece: number[] = [];
  for (let i = 0; i <= letters.length; i++) {
    for (let j = 0; j <= phones.length; j++) {
      for (const { l, p, start } of sizes) {
        if (i + l > letters.length || j + p > phones.length) continue;
        from.push(i * width + j);
        to.push((i + l) * width + j + p);
        piece.push(pieces.of(letters.slice(i, i + l), phones.slice(j, j + p), start));
      }
    }
  }
  return {
    width,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    piece: Int32Array.from(piece),
    nodes: width * (letters.length + 1),
  };
}

/**
 * The likeliest pieces of every word, in their order.
 * @param words with at least one letter and one phone each; others get no pieces
 */
export function alignWords(words: readonly PronouncedWord[]): JointPiece[][] {
  const pieces = new Pieces();
  const lattices = words.map((word) => latticeOf(word, pieces));
  let probability = normalised(Float64Array.from(pieces.starts));
  for (let round = 0; round < rounds; round++) {
    const counts = new Float64Array(probability.length);
    for (const lattice of lattices) addCounts(lattice, probability, counts);
    probability = normalised(counts);
  }
  return lattices.map((lattice, i) => bestPieces(words[i]!, lattice, probability));
}

function normalised(counts: Float64Array): Float64Array {
  const sum = counts.reduce((all, count) => all + count, 0) || 1;
  return counts.map((count) => Math.max(least, count / sum));
}

/** Arcs lie in the order of where they begin, so that one pass forward and one back are enough. */
function addCounts({ from, to, piece, nodes }: Lattice, probability: Float64Array, counts: Float64Array): void {
  const forward = new Float64Array(nodes);
  const backward = new Float64Array(nodes);
  forward[0] = 1;
  for (let a = 0; a < from.length; a++) forward[to[a]!]! += forward[from[a]!]! * probability[piece[a]!]!;
  const total = forward[nodes - 1]!;
  if (!(total > 0)) return; // longer than numbers bear: some hundred letters
  backward[nodes - 1] = 1;
  for (let a = from.length - 1; a >= 0; a--) backward[from[a]!]! += backward[to[a]!]! * probability[piece[a]!]!;
  for (let a = 0; a < from.length; a++)
    counts[piece[a]!]! += (forward[from[a]!]! * probability[piece[a]!]! * backward[to[a]!]!) / total;
}

function bestPieces(
  word: PronouncedWord,
  { width, from, to, piece, nodes }: Lattice,
  probability: Float64Array,
): JointPiece[] {
  const score = new Float64Array(nodes).fill(-Infinity);
  const into = new Int32Array(nodes).fill(-1);
  score[0] = 0;
  for (let a = 0; a < from.length; a++) {
    const value = score[from[a]!]! + Math.log(probability[piece[a]!]!);
    if (value > score[to[a]!]!) {
      score[to[a]!] = value;
      into[to[a]!] = a;
    }
  }
  const found: JointPiece[] = [];
  for (let node = nodes - 1; node > 0;) {
    const arc = into[node]!;
    if (arc < 0) return [];
    const before = from[arc]!;
    found.push({
      letters: word.letters.slice(Math.floor(before / width), Math.floor(node / width)),
      phones: word.phones.slice(before % width, node % width),
    });
    node = before;
  }
  return found.reverse();
}

/** At most so many letters or phones are in one piece. */
export const longestPiece = longest;
