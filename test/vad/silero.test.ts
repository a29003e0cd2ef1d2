// Silero's network on sound whose truth is known: synthetic speech, loud noise, and both;
// and what is said when it is missing.
import { describe, expect, it } from 'vitest';
import { fromGrid, MonoStream } from '../../src/audio/mono.js';
import { Rng } from '../../src/core/rng.js';
import { computeSchema } from '../../src/core/stage.js';
import type { Region } from '../../src/core/records.js';
import { loadEspeak } from '../../src/espeak/espeak.js';
import { vadConfig } from '../../src/vad/config.js';
import { createDetector } from '../../src/vad/detector.js';
import { detectSpeech } from '../../src/vad/energy.js';
import { regionSamples } from '../../src/vad/regions.js';
import { findSilero } from '../../src/vad/silero.js';
import { speechRuns } from '../../src/vad/silero-detector.js';

const compute = computeSchema.parse({ threads: 1 });
const config = vadConfig.parse({ method: 'silero' });
const rng = Rng.fromSeed('silero');
const noise = (samples: number): Float32Array => Float32Array.from({ length: samples }, () => 0.05 * rng.normal());

describe('speech runs', () => {
  it('begin above one threshold and end below another', () => {
    const settings = { threshold: 0.5, release: 0.3 };
    expect(speechRuns(Float32Array.of(0.1, 0.6, 0.4, 0.35, 0.2, 0.4, 0.9), settings, 3500)).toEqual([
      [512, 2048],
      [3072, 3500],
    ]);
    expect(speechRuns(new Float32Array(5), settings, 2560)).toEqual([]);
  });
});

describe('Silero', () => {
  it('hears speech, not noise of the same loudness', async () => {
    const espeak = await loadEspeak();
    const spoken = espeak.synthesise('Die Sonne scheint heute sehr schön über dem kleinen Dorf am Fluss.', {
      name: 'de',
    });
    const mono = new MonoStream('speech', spoken.sampleRate, 1);
    const speech = Float32Array.from([
      ...fromGrid(mono.push(Float32Array.from(spoken.samples))),
      ...fromGrid(mono.finish()),
    ]);
    const before = noise(32_000);
    const samples = new Float32Array(32_000 + speech.length + 32_000);
    samples.set(before);
    samples.set(
      speech.map((x, i) => x + 0.02 * (before[i % 32_000] as number)),
      32_000,
    );
    samples.set(noise(32_000), 32_000 + speech.length);
    const detector = await createDetector(config, compute, '.');
    const regions = await detector.detect(samples);
    const inside = regionSamples(
      regions
        .map(([a, b]) => [Math.max(a, 32_000), Math.min(b, 32_000 + speech.length)] as Region)
        .filter(([a, b]) => b > a),
    );
    expect(inside).toBeGreaterThan(0.8 * speech.length);
    expect(regionSamples(regions) - inside).toBeLessThan(16_000);
    // loudness cannot tell
    expect(regionSamples(detectSpeech(samples, vadConfig.parse({})))).toBeGreaterThan(0.9 * samples.length);
    expect(await detector.detect(Int16Array.from(samples, (x) => Math.round(x * 32_767)))).toEqual(
      await detector.detect(samples.map((x) => Math.round(x * 32_767) / 32_767)),
    );
    await detector.dispose();
  });

  it('comes with the program, and says when a named file is not there', () => {
    expect(findSilero(config.silero, '/data')).toMatch(/src\/vad\/network\/silero_vad\.onnx$/);
    expect(() => findSilero({ ...config.silero, model: 'nowhere.onnx' }, '/data')).toThrow(
      '/data/nowhere.onnx: no such file',
    );
  });
});
