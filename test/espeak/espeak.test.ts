import { describe, expect, it } from 'vitest';
import type { AsrError } from '../../src/core/errors.js';
import { loadEspeak } from '../../src/espeak/espeak.js';

describe('eSpeak NG', () => {
  it('separates phones and words', async () => {
    const espeak = await loadEspeak();
    const words = espeak.phonemise('la casa', 'es').split(' ');
    expect(words.map((word) => word.split('_').map((phone) => phone.replace(/ˈ|ˌ/g, '')))).toEqual([
      ['l', 'a'],
      ['k', 'a', 's', 'a'],
    ]);
  });

  it('speaks with phone times inside the sound, and in another voice differently', async () => {
    const espeak = await loadEspeak();
    const one = espeak.synthesise('Buenos días.', { name: 'es' });
    const other = espeak.synthesise('Buenos días.', { name: 'es+f2' });
    expect(one.samples.length / one.sampleRate).toBeGreaterThan(0.5);
    expect(one.phones.map((phone) => phone.start)).toEqual(
      one.phones.map((phone) => phone.start).sort((a, b) => a - b),
    );
    expect(one.phones.at(-1)!.start).toBeLessThanOrEqual(one.samples.length);
    expect(other.samples).not.toEqual(one.samples);
  });

  it.each([
    ['no-such', /no voice "no-such"/],
    ['', /no voice ""/],
    ['esx', /no voice "esx"/], // a folder of its data
    ['roa', /no voice "roa"/],
    ['es+nosuch', /no voice "es\+nosuch"/],
    ['es+', /no voice "es\+"/],
    ['es+f2+f3', /no voice/],
  ])('refuses the voice "%s", which eSpeak would take or speak nonsense with', async (name, message) => {
    const espeak = await loadEspeak();
    expect(() => espeak.phonemise('casa', name)).toThrow(message);
  });

  it('suggests the nearest voice and variant', async () => {
    const espeak = await loadEspeak();
    const hintOf = (name: string): unknown => {
      try {
        espeak.phonemise('casa', name);
      } catch (error) {
        return (error as AsrError).hint;
      }
      return undefined;
    };
    expect(hintOf('en-uss')).toMatch(/^Did you mean "en-us"\?/);
    expect(hintOf('es+f9')).toMatch(/^Did you mean "es\+f\d"\? Variants are: .*f2/);
  });

  it('takes every code that a voice lists, in any case', async () => {
    const espeak = await loadEspeak();
    const spanish = espeak.phonemise('zapato', 'es-419');
    expect(espeak.phonemise('zapato', 'es-mx')).toBe(spanish);
    expect(espeak.phonemise('zapato', 'ES-419')).toBe(spanish);
    expect(espeak.phonemise('zapato', 'roa/es-419')).toBe(spanish);
    expect(espeak.phonemise('bonjour', 'fr-fr')).toBe(espeak.phonemise('bonjour', 'fr'));
  });
});
