// node dist/bench/translation-texts-main.js PACKAGES OUT: German and English sentences of Debian's documentation, for
// `asr run translation`. PACKAGES holds the unpacked packages libreoffice-help-{de,en-us}, gnome-user-docs,
// debian-reference-{de,en} and debian-handbook. Paragraphs that both languages have are dealt out: a part to the German
// text alone, a part to the English alone, a few sentences to the test, so that no sentence is learnt in both. Also
// cipher.txt and plain.txt: half of the English sentences with every word another and neighbours changed places, and
// the other half as it is; with test.cipher and test.plain.
import { readdirSync, readFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import { isWord, lineOf, tokensOf } from '../src/translation/tokens.js';

const tests = 600;
type Pair = readonly [german: string, english: string];

const [packages, out] = process.argv.slice(2);
if (packages === undefined || out === undefined) throw new Error('give the unpacked packages and a folder to write in');

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const plain = (markup: string): string =>
  markup
    .replace(/<[^>]*>/gu, ' ')
    .replace(/&(#x?)?(\w+);/gu, (_, hash: string | undefined, name: string) =>
      hash === undefined
        ? (entities[name] ?? ' ')
        : String.fromCodePoint(Number.parseInt(name.replace(/^x/u, ''), hash === '#x' ? 16 : 10)),
    )
    .replace(/\s+/gu, ' ')
    .replace(/ (?=[.,;:!?)])/gu, '')
    .trim();

const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((name) => /\.(?:html|page)$/u.test(name))
        .sort()
    : [];

/** Paragraphs of two files that have the same names in both. */
function named(german: string, english: string): Pair[] {
  const read = (text: string): Map<string, string> =>
    new Map(
      [...text.matchAll(/<(p|h\d)\s[^>]*?id="((?:par|hd|tit)_?[^"]*)"[^>]*>([\s\S]*?)<\/\1>/gu)].map((match) => [
        match[2]!,
        plain(match[3]!),
      ]),
    );
  const other = read(english);
  return [...read(german)].flatMap(([id, text]) => (other.has(id) ? [[text, other.get(id)!] as const] : []));
}

/** Paragraphs of two files that have equally many. */
function counted(german: string, english: string): Pair[] {
  const read = (text: string): string[] =>
    [
      ...text
        .replace(/<(pre|screen|code)\b[\s\S]*?<\/\1>/gu, ' ')
        .matchAll(/<(p|title|dt|h\d)\b[^>]*>([\s\S]*?)<\/\1>/gu),
    ].map((match) => plain(match[2]!));
  const [a, b] = [read(german), read(english)];
  return a.length === b.length ? a.map((text, i) => [text, b[i]!] as const) : [];
}

function ofFolders(german: string, english: string, take: typeof named, rename = (name: string) => name): Pair[] {
  return filesBelow(german).flatMap((name) => {
    const other = join(english, rename(name));
    return existsSync(other) ? take(readFileSync(join(german, name), 'utf8'), readFileSync(other, 'utf8')) : [];
  });
}

const sentencesOf = (text: string): string[] =>
  text.split(/(?<=[.!?:])\s+(?=[\p{Lu}\p{N}„"“])/u).filter((part) => /\p{L}/u.test(part));

const share = (name: string): string => join(packages, name, 'usr/share');
const help = 'libreoffice/help';
const all = [
  ...ofFolders(
    join(share('libreoffice-help-de'), help, 'de/text'),
    join(share('libreoffice-help-en-us'), help, 'en-US/text'),
    named,
  ),
  ...ofFolders(join(share('gnome-user-docs'), 'help/de'), join(share('gnome-user-docs'), 'help/C'), counted),
  ...ofFolders(
    join(share('debian-handbook'), 'doc/debian-handbook/html/de-DE'),
    join(share('debian-handbook'), 'doc/debian-handbook/html/en-US'),
    counted,
  ),
  ...ofFolders(
    join(share('debian-reference-de'), 'debian-reference'),
    join(share('debian-reference-en'), 'debian-reference'),
    counted,
    (name) => name.replace('.de.html', '.en.html'),
  ),
];
const seen = new Set<string>();
const pairs = all.filter(([german, english]) => {
  if (german === english || german.length < 2 || seen.has(`d${german}`) || seen.has(`e${english}`)) return false;
  seen.add(`d${german}`).add(`e${english}`);
  return true;
});
const rng = Rng.fromSeed('texts');
rng.shuffleInPlace(pairs);
const [german, english]: [string[], string[]] = [[], []];
const test: Pair[] = [];
for (const pair of pairs) {
  const [a, b] = pair.map(sentencesOf) as [string[], string[]];
  const words = (text: string): number => text.split(' ').length;
  if (test.length < tests && a.length === 1 && b.length === 1 && words(b[0]!) >= 5 && words(b[0]!) <= 30)
    test.push([a[0]!, b[0]!]);
  else if (rng.uniform() < 0.5) german.push(...a);
  else english.push(...b);
}
/** Every word another, by its own name alone. */
const cipher = (word: string): string => {
  const own = Rng.fromSeed(`cipher ${word}`);
  return Array.from({ length: 7 }, (_, i) => own.choice([...(i % 2 === 0 ? 'bdfgklmnprstvz' : 'aeiouy')])).join('');
};

/** Neighbours change places, two by two; numbers and signs stay where they are. */
function enciphered(line: string): string {
  const tokens = tokensOf(line);
  for (let i = 0; i + 1 < tokens.length; i++) {
    const [a, b] = [tokens[i]!, tokens[i + 1]!];
    if (!isWord(a) || !isWord(b)) continue;
    tokens[i] = b;
    tokens[++i] = a;
  }
  return lineOf(tokens.map((word) => (isWord(word) ? cipher(word) : word)));
}

mkdirSync(out, { recursive: true });
// A sentence may stand in several paragraphs: what the other side or the test has is not learnt.
const tested = new Set(test.flat());
const write = (name: string, lines: readonly string[]): void => {
  writeFileSync(join(out, name), `${lines.join('\n')}\n`);
};
const learnt = (lines: readonly string[]): string[] =>
  rng.shuffleInPlace([...new Set(lines)].filter((line) => !tested.has(line)));
write('de.txt', learnt(german));
const plainText = learnt(english);
write('en.txt', plainText);
const half = Math.floor(plainText.length / 2);
write('plain.txt', plainText.slice(0, half));
write('cipher.txt', plainText.slice(half).map(enciphered));
write(
  'test.de',
  test.map(([text]) => text),
);
write(
  'test.en',
  test.map(([, text]) => text),
);
write(
  'test.cipher',
  test.map(([, text]) => enciphered(text)),
);
write(
  'test.plain',
  test.map(([, text]) => text),
);
process.stdout.write(`${pairs.length} paragraphs, ${german.length} German and ${english.length} English sentences\n`);
