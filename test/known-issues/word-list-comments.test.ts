// A word list that opened with a comment (`# collected in 2019`) was refused for its first line: of comments only
// those of CMUdict (`;;;`) were known.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLexicon } from '../../src/text/lexicon.js';
import { temporaryFolder } from '../temporary-folder.js';

const words = { perro: 'p e r o', come: 'k o m e' };

it.each([
  ['a.tsv', '\uFEFF# list of Ana\nword\tipa\tgloss\nperro\tpero\tdog\n#\n# verbs\tand so on\ncome\tkome\teats\n'],
  ['a.csv', '# list of Ana, 2019\nword,ipa,gloss\nperro,pero,dog\n# verbs\ncome,kome,eats\n'],
  ['a.txt', '# list of Ana\nperro p e r o\n## verbs\n;;; more\ncome k o m e\n'],
])('%s is read without its comments', async (name, text) => {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  expect(Object.fromEntries([...(await readLexicon(path))].map(([word, phones]) => [word, phones.join(' ')]))).toEqual(
    words,
  );
});

it('a word may begin with the sign where its phones stand behind a tab', async () => {
  const path = join(await temporaryFolder(), 'a.tsv');
  await writeFile(path, '#perro\tp e r o\ncome\tk o m e\n');
  expect([...(await readLexicon(path)).keys()]).toEqual(['perro', 'come']);
});
