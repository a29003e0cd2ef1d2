// The scale of the acoustic likelihood follows what frames tell: columns that say the same twice count once, and losses
// of narrow and wide frames can be compared.
import { expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { hmmConfig } from '../../src/hmm/config.js';
import { scaleFor, trainHmm } from '../../src/hmm/train.js';

type Utterances = Parameters<typeof trainHmm>[0]['utterances'];
type LabelledFrames = ReturnType<Utterances> extends AsyncIterable<infer T> ? T : never;

const phones = 6;
const length = 8;

/** Phones of eight frames, each with its own mean in four columns; `copies` of these columns side by side. */
function utterances(copies: number): LabelledFrames[] {
  const rng = Rng.fromSeed(17);
  const centres = Float32Array.from({ length: phones * 4 }, () => rng.normal());
  return Array.from({ length: 12 }, () => {
    const symbols = Array.from({ length: 20 }, () => Math.floor(rng.uniform() * phones));
    const rows = symbols.length * length;
    const dim = 4 * copies;
    const frames = new Float32Array(rows * dim);
    for (let t = 0; t < rows; t++)
      for (let c = 0; c < 4; c++) {
        const value = centres[symbols[Math.floor(t / length)]! * 4 + c]! + 0.7 * rng.normal();
        for (let copy = 0; copy < copies; copy++) frames[t * dim + copy * 4 + c] = value;
      }
    const posteriors = new Float32Array(symbols.length * phones);
    symbols.forEach((symbol, i) => {
      posteriors[i * phones + symbol] = 1;
    });
    return { frames, rows, ends: Int32Array.from(symbols, (_, i) => (i + 1) * length), posteriors };
  });
}

async function trained(copies: number, usualScale: number | 'by evidence') {
  const data = utterances(copies);
  const uniform = (size: number) => new Float64Array(size).fill(1 / phones);
  const passes: number[] = [];
  let start = { evidence: 0, scale: 0 };
  const hmm = await trainHmm({
    utterances: async function* () {
      yield* data;
    },
    dim: 4 * copies,
    bigram: { initial: uniform(phones), next: uniform(phones * phones), final: uniform(phones).fill(0.1) },
    framesPerPhone: length,
    config: hmmConfig.parse({ states: 1, passes: 2, varianceFloor: 1e-3 }),
    usualScale,
    compute: { engine: 'cpu', threads: 1 },
    onPass: (_, logLikelihood) => passes.push(logLikelihood),
    onStart: (evidence, scale) => {
      start = { evidence, scale };
    },
  });
  return { hmm, passes, ...start };
}

it('is divided among columns that say the same', async () => {
  const narrow = await trained(1, 'by evidence');
  const wide = await trained(16, 'by evidence');
  expect(wide.evidence / narrow.evidence).toBeCloseTo(16, 3);
  // Narrow frames have less to say than a phone should: their scale ends at 1.
  expect(narrow.scale).toBe(scaleFor(narrow.evidence, length));
  expect(wide.scale).toBe(scaleFor(wide.evidence, length));
  expect(wide.scale).toBeLessThan(narrow.scale);
  expect(wide.hmm.acousticScale).toBe(wide.scale);
});

it('makes losses of the same frames in one and in sixteen copies the same', async () => {
  const narrow = await trained(1, 0.8);
  const wide = await trained(16, 0.8 / 16);
  wide.passes.forEach((value, i) => {
    expect(value).toBeCloseTo(narrow.passes[i]!, 3);
  });
  expect(narrow.passes).toHaveLength(2);
  expect(Math.abs(narrow.passes[0]!)).toBeGreaterThan(0.01);
});

it('takes what a setting says', async () => {
  const { scale } = await trained(1, 0.1);
  expect(scale).toBe(0.1);
  expect(scaleFor(2, 8)).toBeCloseTo(0.3, 6);
  // The demo's MFCC: 6.7 nats a frame, 7.2 frames a phone.
  expect(scaleFor(6.7, 7.2)).toBeCloseTo(0.1, 2);
  expect(scaleFor(0, 8)).toBe(1);
});
