// Word lists as Toolbox and FieldWorks write them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLexicon } from '../../src/text/lexicon.js';
import { temporaryFolder } from '../temporary-folder.js';

async function read(name: string, text: string): Promise<Record<string, string>> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return Object.fromEntries([...(await readLexicon(path))].map(([word, phones]) => [word, phones.join(' ')]));
}

const toolbox = String.raw`\_sh v3.0  400  MDF 4.0
\_DateStampHasFourDigitYear

\lx nyumba
\hm 1
\ph [ɲumba]
\ps n
\sn 1
\ge house, home
\dt 12/Mar/2009

\lx kitabu
\ph kitabu
\ge a thing
to read
\ge book
\se vitabu
\ph vitabu
\ph second one is not taken

\lx silent
\ge has no pronunciation
\lx mbili na tatu
\ph mbilinatatu
`;

const entry = (inner: string): string => `  <entry id="e" dateCreated="2009-03-12T00:00:00Z">${inner}</entry>\n`;
const form = (lang: string, text: string): string => `<form lang="${lang}"><text>${text}</text></form>`;
const lift = (...entries: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8" ?>\n<lift producer="SIL.FLEx 9" version="0.13">\n${entries.join('')}</lift>\n`;

describe('SFM', () => {
  it.each(['dictionary.db', 'dictionary.txt', 'lexicon.sfm'])('is read from %s', async (name) => {
    expect(await read(name, toolbox)).toEqual({
      nyumba: 'ɲ u m b a',
      kitabu: 'k i t a b u',
      vitabu: 'v i t a b u',
    });
  });

  it('says that no entry has a pronunciation', async () => {
    await expect(read('a.sfm', '\\lx nyumba\n\\ge house\n')).rejects.toThrow(
      /no entry has a pronunciation \(\\lx with/,
    );
  });

  it('names what is not UTF-8', async () => {
    const path = join(await temporaryFolder(), 'a.sfm');
    await writeFile(path, Buffer.from('\\lx caf\xe9\n\\ph kafe\n', 'latin1'));
    await expect(readLexicon(path)).rejects.toThrow('line 1: the file is not UTF-8');
  });
});

describe('LIFT', () => {
  it('takes the citation form and the pronunciation in IPA', async () => {
    expect(
      await read(
        'words.lift',
        lift(
          entry(
            `<lexical-unit>${form('sw-fonipa', 'ɲumba')}${form('sw', 'nyumba')}</lexical-unit>` +
              `<pronunciation>${form('sw', 'nyúmba')}${form('sw-fonipa', 'ɲumba')}</pronunciation>` +
              `<sense><gloss lang="en"><text>house</text></gloss></sense>`,
          ),
          entry(
            `<lexical-unit>${form('sw', '-tabu')}</lexical-unit>` +
              `<citation>${form('sw', 'ki<span class="b">tabu</span>')}</citation>` +
              `<variant>${form('sw', 'x')}<pronunciation>${form('sw-fonipa', 'no')}</pronunciation></variant>` +
              `<pronunciation>${form('sw-fonipa', 'kitabu')}</pronunciation>`,
          ),
          entry(`<lexical-unit>${form('sw', 'silent &amp; mute')}</lexical-unit>`),
        ),
      ),
    ).toEqual({ nyumba: 'ɲ u m b a', kitabu: 'k i t a b u' });
  });

  it.each([
    ['cut off', lift(entry(`<lexical-unit>${form('sw', 'a')}</lexical-unit>`)).slice(0, -30), 'no XML'],
    ['another root', '<?xml version="1.0"?>\n<html><lift/></html>', 'line 2: its root is "html", not lift'],
    ['an entity of its own', `<!DOCTYPE lift [<!ENTITY a "aaaa">]>\n${lift(entry('&a;')).slice(40)}`, 'no XML'],
    ['deep', lift('<a>'.repeat(200)), 'elements lie 101 deep'],
    ['no pronunciation', lift(entry(`<lexical-unit>${form('sw', 'a')}</lexical-unit>`)), 'no entry has a pronunc'],
  ])('says what is wrong with %s', async (_, text, message) => {
    await expect(read('a.lift', text)).rejects.toThrow(message);
  });
});
