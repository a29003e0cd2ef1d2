// An inventory of phones in, a page out: each phone with its count, what it is, and, where eSpeak NG speaks the
// language, a word in which it is heard and the phone cut out of it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { programVersion } from '../core/version.js';
import { createEspeak, type Espeak } from '../espeak/espeak.js';
import type { Speech } from '../espeak/speech.js';
import { phonesOfIpa } from '../text/ipa.js';
import type { Inventory, InventoryRow } from '../text/inventory.js';
import { loadAssets } from './assets.js';
import { renderDocument } from './document.js';
import { html, type Html } from './html.js';
import { soundUri } from './sound.js';

/** Seconds around a phone, so that it is more than a click. */
const margin = 0.03;
const rules = { splitCompound: true, stripLength: false, stripTone: false };

/** @param language a voice of eSpeak NG; '' or an unknown one: a page without sound */
export async function writePhonesPage(
  path: string,
  title: string,
  inventory: Inventory,
  language: string,
): Promise<void> {
  const espeak = language === '' ? undefined : await createEspeak().catch(() => undefined);
  try {
    const rows = inventory.rows.map((row) => rowOf(row, espeak && spoken(espeak, row, language)));
    const page = renderDocument(
      {
        title: `Phones of ${title}`,
        heading: `Phones of ${title}`,
        kicker: 'Unsupervised speech recognition: an inventory',
        lead: html`<p>
          ${inventory.rows.length} phones in ${inventory.words} words; ${inventory.missing.length} different words have
          no pronunciation.
        </p>`,
        sections: [{ id: 'phones', title: 'Phones', body: tableOf(rows) }],
        program: programVersion,
        data: {},
      },
      await loadAssets(),
    );
    await mkdir(dirname(resolve(path)), { recursive: true });
    await writeFile(path, page);
  } finally {
    espeak?.dispose();
  }
}

interface Sound {
  readonly word: string;
  readonly phone: string | undefined;
}

function spoken(espeak: Espeak, { phone, example }: InventoryRow, language: string): Sound | undefined {
  let speech: Speech;
  try {
    speech = espeak.synthesise(example, { name: language });
  } catch (thrown) {
    if (thrown instanceof AsrError) return undefined;
    throw thrown;
  }
  const { samples, sampleRate, phones } = speech;
  const at = phones.findIndex((one) => phonesOfIpa(one.phone, rules).phones.includes(phone));
  const start = phones[at]?.start;
  const end = phones[at + 1]?.start ?? samples.length;
  const cut =
    start === undefined
      ? undefined
      : samples.subarray(Math.max(0, start - margin * sampleRate), Math.round(end + margin * sampleRate));
  return { word: uri(samples, sampleRate), phone: cut && uri(cut, sampleRate) };
}

const uri = (samples: Float32Array, rate: number): string =>
  soundUri(
    Int16Array.from(samples, (value) => Math.round(32_767 * Math.max(-1, Math.min(1, value)))),
    rate,
  );

const player = (source: string | undefined, name: string): Html | undefined =>
  source === undefined ? undefined : html`<audio controls preload="none" aria-label="${name}" src="${source}"></audio>`;

function rowOf(
  { phone, count, share, example, exampleWord, description }: InventoryRow,
  sound: Sound | undefined,
): Html {
  return html`<tr>
    <th scope="row">${phone}</th>
    <td>${count}</td>
    <td>${(share * 100).toFixed(2)} %</td>
    <td>${description}</td>
    <td>${example} (${exampleWord.join(' ')})</td>
    <td>${player(sound?.phone, phone)}</td>
    <td>${player(sound?.word, example)}</td>
  </tr>`;
}

const tableOf = (rows: readonly Html[]): Html =>
  html`<table>
    <thead>
      <tr>
        ${['phone', 'count', 'share', 'features', 'example', 'sound', 'in the word'].map(
          (name) => html`<th scope="col">${name}</th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
