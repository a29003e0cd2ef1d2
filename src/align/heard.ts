// What a model heard of a whole recording, as one table of scores: utterance after utterance, with a pause between two.
// Two columns come besides those of the model: any sound, and a pause.
import type { Region } from '../core/records.js';
import { recordingSpan } from '../decode/timing.js';
import type { FrameGrid } from '../core/frame-grid.js';
import type { Frames, Samples } from '../core/time.js';
import type { Acoustics } from '../search/acoustics.js';
import type { RowScores } from '../search/viterbi.js';

/** An utterance with its scores. */
export interface ScoredUtterance {
  readonly regions: readonly Region[];
  readonly acoustics: Acoustics;
  /** Frames of the features. */
  readonly frames: Frames;
}

/** What a phone costs in the pause between two utterances: more than any sound, but not forbidden. */
const inPause = -30;

export class RecordingScores implements RowScores {
  readonly rows: number;
  /** States of a phone. */
  readonly statesPerPhone: number;
  /** Columns of any sound at chance level, and of a pause. */
  readonly anySound: number;
  readonly pause: number;
  /** Natural log weights of staying in a state, and of leaving it. */
  readonly stay: number;
  readonly leave: number;
  /** True where silence lies between any two phones, as in CTC. */
  readonly blank: boolean;
  readonly #scores: Float32Array;
  /** Columns of a row. */
  readonly #width: number;
  /** [utterances] first row of each, and the row after its last. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** @param utterances at least one, all of one model */
  constructor(
    readonly utterances: readonly ScoredUtterance[],
    private readonly grid: FrameGrid,
  ) {
    const first = utterances[0]!.acoustics;
    const states = first.columns * first.statesPerPhone;
    this.statesPerPhone = first.statesPerPhone;
    this.stay = first.stay;
    this.leave = first.leave;
    this.blank = first.blank >= 0;
    this.anySound = states;
    this.pause = states + 1;
    this.#width = states + 2;
    this.rows = utterances.reduce((sum, { acoustics }) => sum + acoustics.rows + 1, 1);
    this.#scores = new Float32Array(this.rows * this.#width);
    let row = 0;
    this.#addPause(row++);
    for (const { acoustics } of utterances) {
      this.#starts.push(row);
      for (let t = 0; t < acoustics.rows; t++) this.#addRow(row++, acoustics, t);
      this.#ends.push(row);
      this.#addPause(row++);
    }
  }

  #addPause(row: number): void {
    const at = row * this.#width;
    this.#scores.fill(inPause, at, at + this.#width);
    this.#scores[at + this.pause] = 0;
  }

  #addRow(row: number, { scores, columns, statesPerPhone, silence, blank }: Acoustics, t: number): void {
    const states = columns * statesPerPhone;
    const own = scores.subarray(t * states, (t + 1) * states);
    const at = row * this.#width;
    this.#scores.set(own, at);
    const chance = logMeanExp(own);
    this.#scores[at + this.anySound] = chance;
    // A CTC model may have both; between phones it says blank, and silence hardly ever.
    const quiet = [silence, blank].filter((column) => column >= 0);
    this.#scores[at + this.pause] =
      quiet.length === 0
        ? chance
        : Math.max(
            ...quiet.map((column) => highest(own.subarray(column * statesPerPhone, (column + 1) * statesPerPhone))),
          );
  }

  at(column: number, row: number): number {
    return this.#scores[row * this.#width + column]!;
  }

  /** How sure the model was of a state at a row, against all others: 0 to 1. */
  certainty(column: number, row: number): number {
    const from = row * this.#width;
    const all = this.#scores.subarray(from, from + this.anySound);
    return Math.exp(Math.min(0, this.at(column, row) - logMeanExp(all) - Math.log(all.length)));
  }

  /**
   * Rows as a stretch of the recording, in samples; those of the pauses beside it are left out.
   * @returns undefined where there is nothing else
   */
  span(startRow: number, endRow: number): { start: Samples; end: Samples } | undefined {
    const first = this.#ends.findIndex((end) => end > startRow);
    const last = this.#starts.findLastIndex((start) => start < endRow);
    if (first < 0 || last < first) return undefined;
    return {
      start: this.#samples(first, Math.max(startRow, this.#starts[first]!), endRow).start,
      end: this.#samples(last, startRow, Math.min(endRow, this.#ends[last]!)).end,
    };
  }

  #samples(index: number, startRow: number, endRow: number): { start: Samples; end: Samples } {
    const { regions, acoustics, frames } = this.utterances[index]!;
    const frame = (row: number): Frames => {
      const local = Math.min(row - this.#starts[index]!, acoustics.rows);
      return (local <= 0 ? 0 : acoustics.ends[local - 1]!) as Frames;
    };
    const { hop, window, start } = this.grid;
    return recordingSpan(frame(startRow), frame(endRow), { regions, hop, window, start, frames });
  }

  /** Which utterance a row lies in; -1 in a pause. */
  utteranceOf(row: number): number {
    const index = this.#ends.findIndex((end) => end > row);
    return index >= 0 && row >= this.#starts[index]! ? index : -1;
  }
}

function highest(values: Float32Array): number {
  let most = -Infinity;
  for (const value of values) if (value > most) most = value;
  return most;
}

function logMeanExp(values: Float32Array): number {
  const most = highest(values);
  if (most === -Infinity) return most;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum / values.length);
}
