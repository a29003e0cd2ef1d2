import { describe, expect, it } from 'vitest';
import { phonesOfIpa, stripMarks, type IpaRules } from '../../src/text/ipa.js';

const whole: IpaRules = { splitCompound: false, stripLength: false, stripTone: false };
const split: IpaRules = { ...whole, splitCompound: true };

describe('phonesOfIpa', () => {
  it('keeps the phonemes that eSpeak separates, without stress', () => {
    expect(phonesOfIpa('ts_ˈaɪ_t', whole).phones).toEqual(['ts', 'aɪ', 't']);
    expect(phonesOfIpa('θ_j_ˈe_n_t_o β_ˌeɪ_n_t_e', whole).phones).toEqual([
      'θ',
      'j',
      'e',
      'n',
      't',
      'o',
      'β',
      'eɪ',
      'n',
      't',
      'e',
    ]);
    expect(phonesOfIpa('_ˈɪ_ç', whole).phones).toEqual(['ɪ', 'ç']);
  });

  it('splits diphthongs and affricates, but leaves marks with their letter', () => {
    expect(phonesOfIpa('ts_ˈaɪ_t', split).phones).toEqual(['t', 's', 'a', 'ɪ', 't']);
    expect(phonesOfIpa('pf_ˈeː_ɾ_t', split).phones).toEqual(['p', 'f', 'eː', 'ɾ', 't']);
    expect(phonesOfIpa('t͡ʃ_ˈɑ̃_l̩_tʲ_ʊɐ', split).phones).toEqual(['t', 'ʃ', 'ɑ̃', 'l̩', 'tʲ', 'ʊ', 'ɐ']);
    expect(phonesOfIpa('t͡ʃ_aɪə', whole).phones).toEqual(['t͡ʃ', 'aɪə']);
    expect(phonesOfIpa('ⁿd_a', split).phones).toEqual(['ⁿd', 'a']);
  });

  it('removes language flags and reports them', () => {
    expect(phonesOfIpa('(en)_t_ˈiː_m_(de)_v_ˈɛ_t', whole)).toEqual({
      phones: ['t', 'iː', 'm', 'v', 'ɛ', 't'],
      foreign: true,
    });
    expect(phonesOfIpa('v_ˈɛ_t', whole).foreign).toBe(false);
  });

  it('strips length and tone when told to', () => {
    expect(phonesOfIpa('m_ˈaː˥˩', whole).phones).toEqual(['m', 'aː˥˩']);
    expect(phonesOfIpa('m_ˈaː˥˩', { ...whole, stripLength: true, stripTone: true }).phones).toEqual(['m', 'a']);
    expect(phonesOfIpa('n_i2', { ...split, stripTone: true }).phones).toEqual(['n', 'i']);
  });

  it('gives nothing for nothing', () => {
    expect(phonesOfIpa('', split).phones).toEqual([]);
    expect(phonesOfIpa('_ _', split).phones).toEqual([]);
  });
});

describe('stripMarks', () => {
  it.each([
    ['ˈa', 'a', 'ˈa'],
    ['AH0', 'AH', 'AH'],
    ['a˥˩', 'a˥˩', 'a'],
    ['2', '2', '2'],
    ['ER', 'ER', 'ER'],
  ])('%s: without stress %s, without tone %s', (phone, withoutStress, withoutTone) => {
    expect(stripMarks(phone, { stress: true, tone: false })).toBe(withoutStress);
    expect(stripMarks(phone, { stress: false, tone: true })).toBe(withoutTone);
    expect(stripMarks(phone, { stress: false, tone: false })).toBe(phone);
  });
});
