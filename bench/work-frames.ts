// A front end that costs little, in the place of a large encoder: it tells a letter of work.ts by its two partials, and
// gives a centre of its own with noise around it, as many columns as are asked for. Made from the sound when they are
// wanted, frames of a corpus of any size lie nowhere.
import { frameCount } from '../src/core/frame-grid.js';
import { sampleRate, type Samples } from '../src/core/time.js';
import { Rng } from '../src/core/rng.js';
import type { PluginApi } from '../src/plugins/api.js';
import { partials } from './work.js';

const grid = { hop: 320, window: 400 };
/** Every second sample is looked at: the highest partial is below 4 kHz. */
const stride = 2;
const noiseValues = 1 << 20;

/** [window / stride] of cosine and sine, one after the other. */
const waveOf = (hertz: number): Float64Array => {
  const half = grid.window / stride;
  return Float64Array.from({ length: 2 * half }, (_, i) =>
    (i < half ? Math.cos : Math.sin)((2 * Math.PI * hertz * stride * (i % half)) / sampleRate),
  );
};

function strongest(samples: Float32Array, from: number, waves: readonly Float64Array[]): number {
  let [best, most] = [0, -1];
  for (const [n, wave] of waves.entries()) {
    const half = wave.length / 2;
    let [re, im] = [0, 0];
    for (let i = 0; i < half; i++) {
      const value = samples[from + i * stride] as number;
      re += value * (wave[i] as number);
      im += value * (wave[half + i] as number);
    }
    if (re * re + im * im > most) [best, most] = [n, re * re + im * im];
  }
  return best;
}

export default ({ z, defineExtractor }: PluginApi) =>
  defineExtractor({
    name: 'work-frames',
    version: 1,
    summary: 'centres of simulated letters with noise, every 20 ms',
    config: z.object({ columns: z.number().int().min(1).max(4096).default(1024).describe('values of a frame') }),
    create({ columns }) {
      const rng = Rng.fromSeed('work frames');
      const lows = partials.low.map(waveOf);
      const highs = partials.high.map(waveOf);
      const centres = Float32Array.from({ length: lows.length * highs.length * columns }, () => rng.normal());
      const noise = Float32Array.from({ length: noiseValues }, () => 0.5 * rng.normal());
      return {
        ...grid,
        dim: columns,
        async extract(samples) {
          const rows = frameCount(samples.length as Samples, grid);
          const data = new Float32Array(rows * columns); // [rows, columns]
          for (let row = 0; row < rows; row++) {
            const at = row * grid.hop;
            const letter = strongest(samples, at, highs) * lows.length + strongest(samples, at, lows);
            // By what is heard, so that the same sound has the same frames wherever they are made.
            const from = Math.floor(Math.abs(samples[at] as number) * 1e6 + row * 7919) % (noiseValues - columns);
            for (let c = 0; c < columns; c++)
              data[row * columns + c] = (centres[letter * columns + c] as number) + (noise[from + c] as number);
          }
          return { data, rows };
        },
        async dispose() {},
      };
    },
  });
