// Levenshtein distance with its alignment: substitutions, deletions and insertions cost 1 each. Where several
// alignments are cheapest, read from the end: the diagonal first, then a deletion, then an insertion.

export type EditKind = 'match' | 'substitution' | 'deletion' | 'insertion';

export interface Edit {
  readonly kind: EditKind;
  /** Undefined for an insertion. */
  readonly reference: string | undefined;
  /** Undefined for a deletion. */
  readonly hypothesis: string | undefined;
}

/** Beyond so many cells the table is not kept: halves are aligned instead, in twice the time and little memory. */
const tableCells = 1 << 24;

/** A cheapest alignment, from first to last. */
export function align(reference: readonly string[], hypothesis: readonly string[], cells = tableCells): Edit[] {
  const ids = new Map<string, number>();
  const number = (token: string): number => {
    let id = ids.get(token);
    if (id === undefined) ids.set(token, (id = ids.size));
    return id;
  };
  const r = Int32Array.from(reference, number);
  const h = Int32Array.from(hypothesis, number);
  const edits: Edit[] = [];
  alignRange({ tokens: r, from: 0 }, { tokens: h, from: 0 }, cells, (kind, i, j) => {
    edits.push({ kind, reference: i < 0 ? undefined : reference[i], hypothesis: j < 0 ? undefined : hypothesis[j] });
  });
  return edits;
}

/** `i` and `j` are positions in the whole, -1 where the edit has no token of that side. */
type Emit = (kind: EditKind, i: number, j: number) => void;

/** A stretch of a sequence, and where in the whole it begins. */
interface Stretch {
  readonly tokens: Int32Array;
  readonly from: number;
}

const stretchOf = ({ tokens, from }: Stretch, first: number, end?: number): Stretch => ({
  tokens: tokens.subarray(first, end),
  from: from + first,
});

function alignRange(reference: Stretch, hypothesis: Stretch, cells: number, emit: Emit): void {
  const [r, h] = [reference.tokens, hypothesis.tokens];
  if (r.length < 2 || h.length < 2 || (r.length + 1) * (h.length + 1) <= cells) {
    alignByTable(reference, hypothesis, emit);
    return;
  }
  // Hirschberg (1975): the middle row's cheapest split, from distances of prefixes and of suffixes.
  const middle = r.length >> 1;
  const before = lastRow(r.subarray(0, middle), h);
  const after = lastRow(r.slice(middle).reverse(), h.slice().reverse());
  let split = 0;
  const cost = (j: number): number => (before[j] as number) + (after[h.length - j] as number);
  for (let j = 1; j <= h.length; j++) if (cost(j) < cost(split)) split = j;
  alignRange(stretchOf(reference, 0, middle), stretchOf(hypothesis, 0, split), cells, emit);
  alignRange(stretchOf(reference, middle), stretchOf(hypothesis, split), cells, emit);
}

/** Distances of all of `r` to every prefix of `h`. */
function lastRow(r: Int32Array, h: Int32Array): Int32Array {
  const row = Int32Array.from({ length: h.length + 1 }, (_, j) => j);
  for (let i = 1; i <= r.length; i++) nextRow(row, r[i - 1] as number, h, i);
  return row;
}

function nextRow(row: Int32Array, token: number, h: Int32Array, i: number, choices?: Uint8Array): void {
  let diagonal = row[0] as number;
  row[0] = i;
  for (let j = 1; j <= h.length; j++) {
    const same = h[j - 1] === token ? 0 : 1;
    const above = row[j] as number;
    let best = diagonal + same;
    let choice = same;
    if (above + 1 < best) {
      best = above + 1;
      choice = 2;
    }
    if ((row[j - 1] as number) + 1 < best) {
      best = (row[j - 1] as number) + 1;
      choice = 3;
    }
    if (choices) choices[j] = choice;
    row[j] = best;
    diagonal = above;
  }
}

const kinds: readonly EditKind[] = ['match', 'substitution', 'deletion', 'insertion'];

function alignByTable(reference: Stretch, hypothesis: Stretch, emit: Emit): void {
  const [r, h] = [reference.tokens, hypothesis.tokens];
  const width = h.length + 1;
  const choices = new Uint8Array((r.length + 1) * width); // [R + 1, H + 1]
  choices.fill(3, 0, width);
  const row = Int32Array.from({ length: width }, (_, j) => j);
  for (let i = 1; i <= r.length; i++) {
    choices[i * width] = 2;
    nextRow(row, r[i - 1] as number, h, i, choices.subarray(i * width, (i + 1) * width));
  }
  const path: number[] = [];
  for (let i = r.length, j = h.length; i > 0 || j > 0;) {
    const choice = choices[i * width + j] as number;
    path.push(choice);
    if (choice !== 3) i--;
    if (choice !== 2) j--;
  }
  let i = reference.from;
  let j = hypothesis.from;
  for (const choice of path.reverse())
    emit(kinds[choice] as EditKind, choice === 3 ? -1 : i++, choice === 2 ? -1 : j++);
}
