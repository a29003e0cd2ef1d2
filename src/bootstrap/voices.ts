// Voices to read the text with: eSpeak NG's own variants, and drawn ones with formants, pitch and tone of their own.
// Nothing here may draw noise from the clock, as eSpeak's `breath` does: the same seed must give the same bytes.
import type { Rng } from '../core/rng.js';
import type { EspeakVoice } from '../espeak/speech.js';
import type { BootstrapSettings } from './settings.js';

export interface DrawnVoice {
  readonly voice: EspeakVoice;
  /** Content of a variant file for `createEspeak`, where the voice is not one of eSpeak's own. */
  readonly variant?: { readonly name: string; readonly content: string };
}

/**
 * eSpeak's variants that sound like people and repeat to the bit; f2, f3, f5, whisper, Alicia, sandro, victor do not.
 */
export const stockVariants: readonly string[] = [
  'f1',
  'f4',
  'm1',
  'm2',
  'm3',
  'm4',
  'm5',
  'm6',
  'm7',
  'm8',
  'klatt',
  'klatt2',
  'klatt3',
  'klatt4',
  'Alex',
  'Andrea',
  'Andy',
  'Annie',
  'Denis',
  'Diogo',
  'Gene',
  'Gene2',
  'Henrique',
  'Hugo',
  'Jacky',
  'Lee',
  'Marco',
  'Mario',
  'Michael',
  'Mike',
  'adam',
  'anika',
  'antonio',
  'aunty',
  'belinda',
  'benjamin',
  'boris',
  'caleb',
  'david',
  'ed',
  'edward',
  'grandma',
  'grandpa',
  'gustave',
  'ian',
  'iven',
  'john',
  'kaukovalta',
  'linda',
  'marcelo',
  'max',
  'miguel',
  'norbert',
  'pablo',
  'paul',
  'pedro',
  'quincy',
  'rob',
  'robert',
  'steph',
  'travis',
  'zac',
];

const between = (rng: Rng, low: number, high: number): number => low + (high - low) * rng.uniform();

/** @param language eSpeak's name of the language. @param name of the variant, should one be made */
export function drawVoice(
  language: string,
  name: string,
  { stock, formants, rate }: BootstrapSettings['speech'],
  rng: Rng,
): DrawnVoice {
  const reading = {
    rate: Math.round(between(rng, ...rate)),
    pitch: Math.round(between(rng, 20, 80)),
    pitchRange: Math.round(between(rng, 30, 80)),
  };
  if (rng.uniform() < stock) return { voice: { name: `${language}+${rng.choice(stockVariants)}`, ...reading } };
  return {
    voice: { name: `${language}+${name}`, ...reading },
    variant: { name, content: drawVariant(name, formants, rng) },
  };
}

/** A variant file (eSpeak NG, docs/voices.md): long vocal tracts have low formants and, mostly, low pitch. */
function drawVariant(name: string, formants: readonly [number, number], rng: Rng): string {
  const tract = between(rng, ...formants);
  const pitch = 95 * tract ** 3 * Math.exp(0.2 * rng.normal());
  const percent = (factor: number): number => Math.round(100 * factor);
  const lines = [
    'language variant',
    `name ${name}`,
    `pitch ${Math.round(pitch)} ${Math.round(pitch * between(rng, 1.25, 1.7))}`,
    `flutter ${rng.integer(8)}`,
    `roughness ${rng.integer(4)}`,
    `voicing ${Math.round(between(rng, 70, 115))}`,
    `consonants ${Math.round(between(rng, 70, 140))} ${Math.round(between(rng, 70, 140))}`,
  ];
  for (let n = 0; n <= 8; n++)
    lines.push(
      `formant ${n} ${percent(tract * (1 + 0.03 * rng.normal()))} ${percent(between(rng, 0.7, 1.2))} ` +
        percent(between(rng, 0.8, 1.4)),
    );
  if (rng.uniform() < 0.25) lines.push(`klatt ${1 + rng.integer(4)}`);
  return `${lines.join('\n')}\n`;
}
