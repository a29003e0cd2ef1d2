import { describe, expect, it } from 'vitest';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import { settingsFor } from '../../src/bootstrap/settings.js';
import { drawVoice, stockVariants } from '../../src/bootstrap/voices.js';
import { Rng } from '../../src/core/rng.js';
import { createEspeak } from '../../src/espeak/espeak.js';

const { speech } = settingsFor(bootstrapConfig.parse({}), 'bands');

describe('drawn voices', () => {
  it('follow the stream, stay in range, and never breathe: that noise comes from the clock', () => {
    const drawn = Array.from({ length: 60 }, (_, i) => drawVoice('de', `x${i}`, speech, Rng.fromSeed(i)));
    expect(drawVoice('de', 'x7', speech, Rng.fromSeed(7))).toEqual(drawn[7]);
    expect(new Set(drawn.map(({ voice }) => JSON.stringify(voice))).size).toBe(60);
    for (const { voice, variant } of drawn) {
      expect(voice.rate).toBeGreaterThanOrEqual(speech.rate[0]);
      expect(voice.rate).toBeLessThanOrEqual(speech.rate[1]);
      expect(variant?.content ?? '').not.toMatch(/breath/);
    }
    const own = drawn.filter(({ variant }) => variant === undefined).length;
    expect(own).toBeGreaterThan(10);
    expect(own).toBeLessThan(40);
  });

  it('are voices that eSpeak NG has, and speak the same twice', async () => {
    const espeak = await createEspeak();
    for (const name of stockVariants) expect(() => espeak.phonemise('a', `de+${name}`), name).not.toThrow();
    const variant = drawVoice('de', 'made', { ...speech, stock: 0 }, Rng.fromSeed(1));
    const speak = async (): Promise<Float32Array> =>
      (await createEspeak({ made: variant.variant!.content })).synthesise('Guten Tag.', variant.voice).samples;
    const first = await speak();
    await new Promise((resume) => setTimeout(resume, 1100)); // eSpeak seeds by whole seconds
    expect(await speak()).toEqual(first);
    expect(first).not.toEqual(espeak.synthesise('Guten Tag.', { ...variant.voice, name: 'de' }).samples);
  });
});
