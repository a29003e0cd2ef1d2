// How loud the loud parts of a stream are, from all that was heard of it so far, in constant memory: the threshold of
// a later piece is set by the whole recording, so that a piece in which nobody speaks stays silent.
import { frameLogEnergy } from './energy.js';

const lowest = -30; // ln of mean power; 1e-12, the least that frameLogEnergy gives, is -27.6
const step = 0.05;
const bins = 1 + Math.ceil((5 - lowest) / step);

export class RunningPeak {
  readonly #counts = new Float64Array(bins);
  #frames = 0;

  /** @param samples the next piece, mono, 16 kHz, full scale 1 */
  add(samples: Float32Array): void {
    for (const energy of frameLogEnergy(samples)) {
      const bin = Math.max(0, Math.min(bins - 1, Math.round((energy - lowest) / step)));
      this.#counts[bin] = (this.#counts[bin] as number) + 1;
      this.#frames++;
    }
  }

  /** The 95th percentile of log energy, to a fortieth; -Infinity before the first piece. */
  get value(): number {
    const wanted = 0.95 * (this.#frames - 1);
    let seen = 0;
    for (let bin = 0; bin < bins; bin++) {
      seen += this.#counts[bin] as number;
      if (seen > wanted && this.#frames > 0) return lowest + bin * step;
    }
    return -Infinity;
  }
}
