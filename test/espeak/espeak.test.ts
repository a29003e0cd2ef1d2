import { describe, expect, it } from 'vitest';
import { loadEspeak } from '../../src/espeak/espeak.js';

describe('eSpeak NG', () => {
  it('separates phones and words', async () => {
    const espeak = await loadEspeak();
    const words = espeak.phonemise('la casa', 'es').split(' ');
    expect(words.map((word) => word.split('_').map((phone) => phone.replace(/ˈ|ˌ/g, '')))).toEqual([['l', 'a'], ['k', 'a', 's', 'a']]);
  });

  it('speaks with phone times inside the sound, and in another voice differently', async () => {
    const espeak = await loadEspeak();
    const one = espeak.synthesise('Buenos días.', { name: 'es' });
    const other = espeak.synthesise('Buenos días.', { name: 'es+f2' });
    expect(one.samples.length / one.sampleRate).toBeGreaterThan(0.5);
    expect(one.phones.map((phone) => phone.start)).toEqual(one.phones.map((phone) => phone.start).sort((a, b) => a - b));
    expect(one.phones.at(-1)!.start).toBeLessThanOrEqual(one.samples.length);
    expect(other.samples).not.toEqual(one.samples);
  });

  it('names a voice that it does not have', async () => {
    const espeak = await loadEspeak();
    expect(() => espeak.phonemise('x', 'no-such')).toThrow(/no voice "no-such"/);
  });
});
