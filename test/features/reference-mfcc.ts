// MFCC written a second time, straight from the definitions in float64 and sharing no code with src/: naive DFT
// sums, one frame at a time. Slow, for tests only.

export interface ReferenceOptions {
  readonly window: number;
  readonly hop: number;
  readonly dft: number;
  readonly preEmphasis: number;
  readonly lowHz: number;
  readonly highHz: number;
  readonly bands: number;
  readonly coefficients: number;
  readonly lifter: number;
  readonly floor: number;
}

export const usual: ReferenceOptions = {
  window: 400,
  hop: 160,
  dft: 512,
  preEmphasis: 0.97,
  lowHz: 20,
  highHz: 7600,
  bands: 40,
  coefficients: 13,
  lifter: 22,
  floor: 1e-9,
};

const mel = (f: number): number => 1127 * Math.log(1 + f / 700);

/** Log mel energies and cepstra of every frame that fits. */
export function referenceMfcc(
  samples: ArrayLike<number>,
  o: ReferenceOptions,
): { logMel: number[][]; cepstra: number[][] } {
  const logMel: number[][] = [];
  const cepstra: number[][] = [];
  for (let start = 0; start + o.window <= samples.length; start += o.hop) {
    const bands = logBands(powerSpectrum(taperedFrame(samples, start, o), o), o);
    logMel.push(bands);
    cepstra.push(
      Array.from({ length: o.coefficients }, (_, c) => {
        const sum = bands.reduce(
          (total, energy, m) => total + energy * Math.cos((Math.PI / o.bands) * (m + 0.5) * c),
          0,
        );
        return sum * Math.sqrt((c === 0 ? 1 : 2) / o.bands) * (1 + (o.lifter / 2) * Math.sin((Math.PI * c) / o.lifter));
      }),
    );
  }
  return { logMel, cepstra };
}

function taperedFrame(samples: ArrayLike<number>, start: number, o: ReferenceOptions): number[] {
  const frame = Array.from({ length: o.window }, (_, n) => samples[start + n]!);
  const mean = frame.reduce((a, b) => a + b, 0) / o.window;
  const centred = frame.map((x) => x - mean);
  const emphasised = centred.map((x, n) => x - o.preEmphasis * centred[Math.max(0, n - 1)]!);
  return emphasised.map((x, n) => x * Math.pow(0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (o.window - 1)), 0.85));
}

function powerSpectrum(frame: readonly number[], o: ReferenceOptions): number[] {
  return Array.from({ length: o.dft / 2 + 1 }, (_, k) => {
    let re = 0;
    let im = 0;
    frame.forEach((x, n) => {
      re += x * Math.cos((2 * Math.PI * k * n) / o.dft);
      im -= x * Math.sin((2 * Math.PI * k * n) / o.dft);
    });
    return re * re + im * im;
  });
}

function logBands(power: readonly number[], o: ReferenceOptions): number[] {
  const corner = (i: number): number => mel(o.lowHz) + (i * (mel(o.highHz) - mel(o.lowHz))) / (o.bands + 1);
  return Array.from({ length: o.bands }, (_, m) => {
    const [left, middle, right] = [corner(m), corner(m + 1), corner(m + 2)] as const;
    let energy = 0;
    power.forEach((p, k) => {
      const at = mel((k * 16000) / o.dft);
      if (at > left && at <= middle) energy += (p * (at - left)) / (middle - left);
      else if (at > middle && at < right) energy += (p * (right - at)) / (right - middle);
    });
    return Math.log(Math.max(energy, o.floor));
  });
}
