// Diarisation error rate, as NIST defines it for the Rich Transcription evaluations: of the time in which somebody
// speaks by the reference, the share that is missed, added where nobody speaks, or given to somebody else; persons
// are matched one to one so that the most time is right. A collar around each boundary of the reference does not
// count.

export interface SpokenTurn {
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly speaker: string;
}

export interface DiarisationError {
  /** Seconds of the reference that count, persons who speak at once each for themselves. */
  readonly spoken: number;
  readonly missed: number;
  readonly falseAlarm: number;
  readonly confusion: number;
  /** (missed + falseAlarm + confusion) / spoken */
  readonly rate: number;
}

/** @param collar seconds on either side of each boundary of the reference */
export function diarisationError(
  reference: readonly SpokenTurn[],
  found: readonly SpokenTurn[],
  collar = 0.25,
): DiarisationError {
  const edges = reference.flatMap(({ start, end }) => [start, end]);
  const cuts = [
    ...new Set([
      ...edges.flatMap((edge) => [edge, edge - collar, edge + collar]),
      ...found.flatMap(({ start, end }) => [start, end]),
    ]),
  ].sort((a, b) => a - b);
  const sortedEdges = edges.sort((a, b) => a - b);
  const pieces: { length: number; said: string[]; heard: string[] }[] = [];
  for (let i = 1; i < cuts.length; i++) {
    const [from, to] = [cuts[i - 1]!, cuts[i]!];
    const middle = (from + to) / 2;
    if (to - from < 1e-9 || nearEdge(sortedEdges, middle, collar)) continue;
    const at = (turns: readonly SpokenTurn[]): string[] => [
      ...new Set(turns.filter(({ start, end }) => start <= middle && middle < end).map(({ speaker }) => speaker)),
    ];
    pieces.push({ length: to - from, said: at(reference), heard: at(found) });
  }
  const partner = matched(pieces);
  let [spoken, missed, falseAlarm, confusion] = [0, 0, 0, 0];
  for (const { length, said, heard } of pieces) {
    const right = heard.filter((name) => said.includes(partner.get(name) ?? '')).length;
    spoken += length * said.length;
    missed += length * Math.max(0, said.length - heard.length);
    falseAlarm += length * Math.max(0, heard.length - said.length);
    confusion += length * (Math.min(said.length, heard.length) - right);
  }
  return { spoken, missed, falseAlarm, confusion, rate: (missed + falseAlarm + confusion) / Math.max(1e-9, spoken) };
}

function nearEdge(edges: readonly number[], at: number, collar: number): boolean {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return [edges[low - 1], edges[low]].some((edge) => edge !== undefined && Math.abs(edge - at) < collar);
}

/** Persons who were found to those of the reference, one to one, with the most time in common. */
function matched(
  pieces: readonly { readonly length: number; readonly said: readonly string[]; readonly heard: readonly string[] }[],
): Map<string, string> {
  const shared = new Map<string, Map<string, number>>();
  const names = new Set<string>();
  for (const { length, said, heard } of pieces)
    for (const name of heard) {
      const row = shared.get(name) ?? new Map<string, number>();
      shared.set(name, row);
      for (const person of said) {
        names.add(person);
        row.set(person, (row.get(person) ?? 0) + length);
      }
    }
  const people = [...names];
  const rows = [...shared];
  const assigned = assignment(rows.map(([, row]) => people.map((person) => -(row.get(person) ?? 0))));
  return new Map(rows.flatMap(([name], i) => (assigned[i]! < 0 ? [] : [[name, people[assigned[i]!]!] as const])));
}

/**
 * The cheapest one-to-one assignment (Kuhn, 1955, by shortest augmenting paths). @returns the column of each row, -1
 * = none
 */
function assignment(costs: readonly (readonly number[])[]): Int32Array {
  const rows = costs.length;
  const columns = Math.max(costs[0]?.length ?? 0, rows);
  const cost = (row: number, column: number): number => costs[row]![column] ?? 0;
  const rowPrice = new Float64Array(rows + 1);
  const price = new Float64Array(columns + 1);
  const owner = new Int32Array(columns + 1).fill(0);
  for (let row = 1; row <= rows; row++) {
    const way = new Int32Array(columns + 1);
    const least = new Float64Array(columns + 1).fill(Infinity);
    const used = new Uint8Array(columns + 1);
    owner[0] = row;
    let at = 0;
    do {
      used[at] = 1;
      let [step, next] = [Infinity, 0];
      for (let c = 1; c <= columns; c++) {
        if (used[c]) continue;
        const left = cost(owner[at]! - 1, c - 1) - rowPrice[owner[at]!]! - price[c]!;
        if (left < least[c]!) {
          least[c] = left;
          way[c] = at;
        }
        if (least[c]! < step) [step, next] = [least[c]!, c];
      }
      for (let c = 0; c <= columns; c++) {
        if (used[c]) {
          rowPrice[owner[c]!]! += step;
          price[c]! -= step;
        } else least[c]! -= step;
      }
      at = next;
    } while (owner[at] !== 0);
    while (at !== 0) {
      owner[at] = owner[way[at]!]!;
      at = way[at]!;
    }
  }
  const found = new Int32Array(rows).fill(-1);
  for (let c = 1; c <= columns; c++) if (owner[c]! > 0 && c <= (costs[0]?.length ?? 0)) found[owner[c]! - 1] = c - 1;
  return found;
}
