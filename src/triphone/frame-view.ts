// Frames of utterances as a model hears them: mapped, and moved to a common speaker where that is known. What fits a
// budget stays in memory, since training reads all of it again and again.
import { applyAffine, mapFrames, type FrameMap } from './splice.js';

export interface ViewedFrames {
  /** [rows, dim] */
  readonly data: Float32Array;
  readonly rows: number;
}

/** Frames before they are mapped. */
export interface FrameReader {
  read(id: string): Promise<ViewedFrames>;
}

/** The affine map [dim, dim + 1] of whoever speaks an utterance; undefined where nothing is moved. */
export type SpeakerMaps = (id: string) => Float64Array | undefined;

const unmoved: SpeakerMaps = () => undefined;
const budgetBytes = 1 << 28;

export class FrameView implements FrameReader {
  readonly #kept = new Map<string, ViewedFrames>();
  #left = budgetBytes;

  constructor(
    readonly base: FrameReader,
    readonly map: FrameMap,
    readonly speakers: SpeakerMaps = unmoved,
  ) {}

  /** Values of a frame. */
  get dim(): number {
    return this.map.rows;
  }

  async read(id: string): Promise<ViewedFrames> {
    const known = this.#kept.get(id);
    if (known) return known;
    const { data, rows } = await this.base.read(id);
    const mapped = mapFrames(data, rows, this.map);
    const affine = this.speakers(id);
    const own = { data: affine ? applyAffine(mapped, rows, this.map.rows, affine) : mapped, rows };
    if (own.data.byteLength <= this.#left && own.data !== data) {
      this.#left -= own.data.byteLength;
      this.#kept.set(id, own);
    }
    return own;
  }
}
