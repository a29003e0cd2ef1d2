// Test signals and wav bytes written by hand (not by the library under test), and measurements on samples.

export function sine(frequency: number, rate: number, seconds: number, level = 0.5): Float64Array {
  return Float64Array.from(
    { length: Math.round(rate * seconds) },
    (_, i) => level * Math.sin((2 * Math.PI * frequency * i) / rate),
  );
}

/** Root mean square, without `edge` samples on both sides. */
export function rms(samples: ArrayLike<number>, edge = 0): number {
  let sum = 0;
  for (let i = edge; i < samples.length - edge; i++) sum += samples[i]! ** 2;
  return Math.sqrt(sum / (samples.length - 2 * edge));
}

/** Amplitude of one frequency by correlation (a single DFT bin), at 16 kHz, Hann window. */
export function amplitudeAt(samples: ArrayLike<number>, frequency: number, rate = 16_000): number {
  let re = 0;
  let im = 0;
  let weight = 0;
  for (let i = 0; i < samples.length; i++) {
    const w = 1 - Math.cos((2 * Math.PI * i) / samples.length);
    re += w * samples[i]! * Math.cos((2 * Math.PI * frequency * i) / rate);
    im += w * samples[i]! * Math.sin((2 * Math.PI * frequency * i) / rate);
    weight += w;
  }
  return (2 * Math.hypot(re, im)) / weight;
}

export type WavKind = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';
const widths: Record<WavKind, number> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 };

/** A canonical 44-byte-header wav. @param channels one array per channel, full scale 1 */
export function wavBytes(channels: readonly ArrayLike<number>[], rate: number, kind: WavKind): Buffer {
  const width = widths[kind];
  const frames = channels[0]!.length;
  const size = frames * channels.length * width;
  const bytes = Buffer.alloc(44 + size);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + size, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(kind.startsWith('f') ? 3 : 1, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * channels.length * width, 28);
  bytes.writeUInt16LE(channels.length * width, 32);
  bytes.writeUInt16LE(8 * width, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(size, 40);
  let at = 44;
  for (let i = 0; i < frames; i++) {
    for (const channel of channels) {
      writeSample(bytes, at, channel[i]!, kind);
      at += width;
    }
  }
  return bytes;
}

function writeSample(bytes: Buffer, at: number, value: number, kind: WavKind): void {
  if (kind === 'u8') bytes.writeUInt8(Math.max(0, Math.min(255, Math.round(value * 128) + 128)), at);
  else if (kind === 's16') bytes.writeInt16LE(Math.round(value * 32767), at);
  else if (kind === 's24') bytes.writeIntLE(Math.round(value * 8388607), at, 3);
  else if (kind === 's32') bytes.writeInt32LE(Math.round(value * 2147483647), at);
  else if (kind === 'f32') bytes.writeFloatLE(value, at);
  else bytes.writeDoubleLE(value, at);
}
