// The alignment from nothing but sound and known phones, held against the times that eSpeak NG says itself.
import { beforeAll, describe, expect, it } from 'vitest';
import { frameLabels, spansOf } from '../../src/bootstrap/alignment.js';
import { alignKnown, type KnownUtterance } from '../../src/bootstrap/flat-start.js';
import { spansOfPositions } from '../../src/bootstrap/labelled-speech.js';
import { Resampler } from '../../src/audio/resample.js';
import { silentLog } from '../../src/core/log.js';
import type { Region } from '../../src/core/records.js';
import type { Samples } from '../../src/core/time.js';
import { createEspeak } from '../../src/espeak/espeak.js';
import { featuresConfig } from '../../src/features/config.js';
import { createExtractor } from '../../src/features/extractor.js';
import { normaliseTogetherInPlace } from '../../src/features/normalise.js';
import { phonesOfIpa } from '../../src/text/ipa.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const rules = { splitCompound: true, stripLength: false, stripTone: false };
const words = 'perro gato casa mesa libro agua playa sol luna tierra camino ciudad madre verde fuerte'.split(' ');

interface Spoken {
  readonly frames: { readonly data: Float32Array; readonly rows: number; readonly columns: number };
  /** By frame, as eSpeak NG says. */
  readonly truth: Int16Array;
  readonly samples: number;
}

const spoken = new Map<string, Spoken>();
const items: KnownUtterance[] = [];
const symbols: string[] = [];

beforeAll(async () => {
  const espeak = await createEspeak();
  const extractor = await createExtractor(featuresConfig.parse({}), compute);
  for (let n = 0; n < 40; n++) {
    const sentence = [0, 1, 2, 3].map((k) => words[(n * 7 + k * (n + 4)) % words.length]).join(' ');
    const speech = espeak.synthesise(sentence, { name: 'es', rate: 150 });
    const heard = speech.phones.flatMap(({ phone }) => (phone === '' ? [] : phonesOfIpa(phone, rules).phones));
    for (const phone of heard) if (!symbols.includes(phone)) symbols.push(phone);
    const resampler = new Resampler(speech.sampleRate);
    const samples = Float32Array.from([...resampler.push(Float64Array.from(speech.samples)), ...resampler.finish()]);
    const frames = await extractor.extract(samples);
    normaliseTogetherInPlace([frames], extractor.dim, 'utterance');
    const numbers = new Map(symbols.map((symbol, i) => [symbol, i]));
    const seconds = speech.samples.length / speech.sampleRate;
    const spans = spansOf({ ...speech, seconds }, { labels: numbers, silence: -1, rules });
    const truth = frameLabels(spans, frames.rows, extractor, [[0, samples.length] as Region]);
    spoken.set(`u${n}`, { frames: { ...frames, columns: extractor.dim }, truth, samples: samples.length });
    items.push({ id: `u${n}`, phones: heard.map((phone) => numbers.get(phone)!) });
  }
  await extractor.dispose();
  espeak.dispose();
});

describe('an alignment from a flat start', () => {
  it('puts most frames where eSpeak NG put them, and names spans in seconds', async () => {
    const frames = { columns: 39, read: async (id: string) => spoken.get(id)!.frames };
    const found = await alignKnown(items, frames, { phones: symbols.length, name: 'x', compute, log: silentLog });
    expect(found.size).toBe(items.length);
    let right = 0;
    let all = 0;
    for (const { id, phones } of items) {
      const positions = found.get(id)!;
      spoken.get(id)!.truth.forEach((label, t) => {
        if (label < 0) return;
        all++;
        if (positions[t]! >= 0 && phones[positions[t]!] === label) right++;
      });
    }
    // Measured: .8; equal lengths alone give .2.
    expect(right / all).toBeGreaterThan(0.65);
    const { id, phones } = items[0]!;
    const spans = spansOfPositions(found.get(id)!, phones, symbols.length, spoken.get(id)!.samples as Samples);
    expect(spans.map(({ label }) => label).filter((label) => label < symbols.length)).toEqual([...phones]);
    expect(spans.every(({ start }, i) => i === 0 || start > spans[i - 1]!.start)).toBe(true);
  });

  it('leaves out what is too short for its phones', async () => {
    const { frames } = spoken.get('u0')!;
    const short = { data: frames.data.slice(0, 10 * 39), rows: 10, columns: 39 };
    const both = { columns: 39, read: async (id: string) => (id === 'u0' ? short : spoken.get(id)!.frames) };
    const options = { phones: symbols.length, name: 'x', compute, log: silentLog };
    const found = await alignKnown(items.slice(0, 20), both, options);
    expect([found.has('u0'), found.size]).toEqual([false, 19]);
  });
});
