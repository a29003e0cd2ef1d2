// TIMIT's 61 phones folded to 48 and to 39 (Lee and Hon, "Speaker-independent phone recognition using hidden Markov
// models", IEEE Trans. ASSP 37(11), 1989, table I), as scoring on TIMIT has done since.
import { silenceSymbol } from '../text/phone-text.js';

/** The 61 phones of the corpus; `q`, the glottal stop, is left out of both foldings. */
const all = (
  'aa ae ah ao aw ax ax-h axr ay b bcl ch d dcl dh dx eh el em en eng epi er ey f g gcl ' +
  'h# hh hv ih ix iy jh k kcl l m n ng nx ow oy ' +
  'p pau pcl q r s sh t tcl th uh uw ux v w y z zh'
).split(' ');

const to48: Readonly<Record<string, string>> = {
  'ax-h': 'ax',
  axr: 'er',
  bcl: 'vcl',
  dcl: 'vcl',
  gcl: 'vcl',
  pcl: 'cl',
  tcl: 'cl',
  kcl: 'cl',
  em: 'm',
  eng: 'ng',
  hv: 'hh',
  nx: 'n',
  ux: 'uw',
  'h#': 'sil',
  pau: 'sil',
};
const to39: Readonly<Record<string, string>> = {
  ao: 'aa',
  ax: 'ah',
  el: 'l',
  en: 'n',
  ix: 'ih',
  zh: 'sh',
  vcl: 'sil',
  cl: 'sil',
  epi: 'sil',
};

export type TimitPhones = '61' | '48' | '39';

/** @returns undefined for a phone that is left out (`q`) or is none of TIMIT's */
export function foldTimit(phone: string, set: TimitPhones): string | undefined {
  if (!all.includes(phone) || (phone === 'q' && set !== '61')) return undefined;
  const in48 = to48[phone] ?? phone;
  const folded = set === '61' ? phone : set === '48' ? in48 : (to39[in48] ?? in48);
  return ['sil', 'h#', 'pau', 'epi'].includes(folded) && set !== '48'
    ? silenceSymbol
    : folded === 'sil'
      ? silenceSymbol
      : folded;
}

/** Lines of a .PHN file (`start end phone`) to folded phones; neighbouring silences are one. */
export function timitPhones(file: string, set: TimitPhones): string[] {
  const phones: string[] = [];
  for (const line of file.split('\n')) {
    const phone = foldTimit(line.trim().split(/\s+/)[2] ?? '', set);
    if (phone !== undefined && !(phone === silenceSymbol && phones.at(-1) === silenceSymbol)) phones.push(phone);
  }
  return phones;
}
