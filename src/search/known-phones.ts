// The best path of known phones through an utterance: each phone a chain of states, silence where it fits best.
import { forcedPath } from './forced-path.js';
import { ScoreTable } from './viterbi.js';

export interface ForcedClassesOptions {
  /**
   * States of one phone, left to right; state s of phone v is class v * statesPerPhone + s.
   * Silence is one state, the last class.
   */
  readonly statesPerPhone: number;
  readonly classes: number;
  /** Natural log cost of a silence between two phones. */
  readonly silenceCost: number;
}

const silent = -1;

/**
 * @param scores [rows, classes] log densities
 * @param phones indices, silence not among them
 * @returns [rows] for each frame the class, and which of the phones it belongs to (-1 =
 * silence); undefined where they do not fit
 */
export function alignPhones(
  scores: Float32Array,
  rows: number,
  phones: readonly number[],
  { statesPerPhone, classes, silenceCost }: ForcedClassesOptions,
): { classes: Int16Array; positions: Int16Array } | undefined {
  if (phones.length === 0) return undefined;
  const pause = { column: classes - 1, position: silent };
  const states = [
    ...phones.flatMap((phone, position) => [
      pause,
      ...Array.from({ length: statesPerPhone }, (_, s) => ({ column: phone * statesPerPhone + s, position })),
    ]),
    pause,
  ];
  const isSilent = Uint8Array.from(states, ({ position }) => Number(position === silent));
  const ends = forcedPath(
    {
      columns: states.map(({ column }) => column),
      stay: new Float64Array(states.length),
      enter: Float64Array.from(isSilent, (is) => (is === 1 ? -silenceCost : 0)),
      optional: isSilent,
    },
    new ScoreTable(scores, rows, classes),
    { scale: 1, beams: [Infinity] },
  );
  if (!ends) return undefined;
  const path = { classes: new Int16Array(rows), positions: new Int16Array(rows) };
  states.forEach(({ column, position }, j) => {
    const start = j === 0 ? 0 : ends[j - 1]!;
    path.classes.fill(column, start, ends[j]);
    path.positions.fill(position, start, ends[j]);
  });
  return path;
}
