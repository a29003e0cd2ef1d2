// Transcripts that are one file a recording, in: SubRip, WebVTT, Praat's TextGrid and ELAN's annotation format. What is
// said out, in order.
import { AsrError } from '../core/errors.js';
import { shown } from '../core/shown.js';

const hasTimes = (line: string): boolean => /^[\s\d:.,]*\d\s*-->\s*\d/.test(line.slice(0, 100));

/** Text of the cues, without markup. @throws AsrError 'input' where there is no cue in a file that is not empty */
export function subtitleText(file: string, path: string): string {
  const said: string[] = [];
  let cues = 0;
  for (const block of file.replaceAll('\r\n', '\n').split(/\n[ \t]*\n/)) {
    const lines = block.split('\n');
    const at = lines.findIndex(hasTimes);
    if (at < 0) continue; // WEBVTT, NOTE, STYLE
    cues++;
    said.push(...lines.slice(at + 1).map(plain));
  }
  if (cues === 0 && file.trim() !== '' && !file.startsWith('WEBVTT'))
    throw new AsrError('input', `${path}: no cue (a line "start --> end") in it`, 'Is it a subtitle file?');
  return said
    .filter((line) => line.trim() !== '')
    .join(' ')
    .trim();
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  lrm: '',
  rlm: '',
  quot: '"',
  apos: "'",
};

const byNumber = (whole: string, code: number): string =>
  code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;

/** Without tags, places of SubStation (`{\\an8}`) and characters by name or number. */
const plain = (line: string): string =>
  line
    .replace(/<(?:\/?[a-zA-Z]|\d)[^<>]{0,200}>/g, '')
    .replace(/\{\\[^{}]{0,200}\}/g, '')
    .replace(/&#(\d{1,7});/g, (whole, code: string) => byNumber(whole, Number(code)))
    .replace(/&#[xX]([\da-fA-F]{1,6});/g, (whole, code: string) => byNumber(whole, Number.parseInt(code, 16)))
    .replace(/&([a-z]{2,4});/g, (whole, name: string) => entities[name] ?? whole);

/**
 * Labels of one interval tier: the one called after words or phones, or the only one.
 * @throws AsrError 'input' where it is no TextGrid, or several tiers could be meant
 */
export function textGridText(file: string, path: string, tokens: 'words' | 'phones'): string {
  const tiers = tiersOf(file);
  if (!tiers)
    throw new AsrError(
      'input',
      `${path}: no TextGrid in Praat's text form`,
      'In Praat: Save > Save as text file (or short text file).',
    );
  return labelsOf(tiers, path, tokens);
}

/** Values of one tier of an EAF file, by the same choice. @throws AsrError 'input' as textGridText */
export function eafText(text: string, path: string, tokens: 'words' | 'phones'): string {
  const file = text
    .split('<!--')
    .map((part, i) => (i === 0 || !part.includes('-->') ? part : part.slice(part.indexOf('-->') + 3)))
    .join('')
    .replace(/<(TIER|TIME_SLOT|ALIGNABLE_ANNOTATION|REF_ANNOTATION)[\t\r\n]/g, '<$1 ');
  const own = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)[^\s;&<]{1,20};/.exec(file)?.[0];
  if (own !== undefined)
    throw new AsrError('input', `${path}: ${shown(own)} is no character of XML`, 'Write the character itself.');
  if (!/<ANNOTATION_DOCUMENT\b/.test(file.slice(0, 10_000)))
    throw new AsrError('input', `${path}: no EAF file of ELAN`, 'Its root is ANNOTATION_DOCUMENT.');
  const times = new Map<string, number>();
  for (const [slot] of file.matchAll(/<TIME_SLOT [^<>]*>/g))
    times.set(attribute(slot, 'TIME_SLOT_ID') ?? '', Number(attribute(slot, 'TIME_VALUE') ?? NaN));
  const tiers = file.split(/<TIER /).slice(1);
  return labelsOf(
    tiers.map((tier) => ({ name: attribute(tier.slice(0, 2000), 'TIER_ID') ?? '', labels: valuesOf(tier, times) })),
    path,
    tokens,
  );
}

/** In order of time where the annotations have one of their own, else in that of the file. */
function valuesOf(tier: string, times: ReadonlyMap<string, number>): string[] {
  const values = tier
    .split(/<(?:ALIGNABLE|REF)_ANNOTATION /)
    .slice(1)
    .map((annotation, i) => {
      const start = times.get(attribute(annotation.slice(0, 2000), 'TIME_SLOT_REF1') ?? '') ?? NaN;
      const from = annotation.indexOf('<ANNOTATION_VALUE>');
      const end = annotation.indexOf('</ANNOTATION_VALUE>', from);
      const text = from < 0 || end < 0 ? '' : annotation.slice(from + '<ANNOTATION_VALUE>'.length, end);
      return { start, i, text: unwrapped(text) };
    });
  if (values.every(({ start }) => Number.isFinite(start))) values.sort((a, b) => a.start - b.start || a.i - b.i);
  return values.map(({ text }) => text);
}

/** Sections of bare characters count as what they hold. */
const unwrapped = (value: string): string =>
  value
    .split('<![CDATA[')
    .map((part, i) => {
      const end = i === 0 ? -1 : part.indexOf(']]>');
      return end < 0 ? plain(part) : part.slice(0, end) + plain(part.slice(end + 3));
    })
    .join('');

const attribute = (tag: string, name: string): string | undefined => {
  const at = tag.indexOf(`${name}="`);
  const from = at + name.length + 2;
  return at < 0 ? undefined : plain(tag.slice(from, tag.indexOf('"', from)));
};

function labelsOf(tiers: readonly Tier[], path: string, tokens: 'words' | 'phones'): string {
  const wanted = tokens === 'words' ? /word|wort|mot|palabra/i : /phone|segment|mau/i;
  const fit = tiers.filter(({ name }) => wanted.test(name));
  const [tier, ...others] = fit.length > 0 ? fit : tiers;
  if (!tier)
    throw new AsrError(
      'input',
      `${path}: no tier of intervals in it`,
      'Points in time are no transcript; keep the tier that holds what is said.',
    );
  if (others.length > 0)
    throw new AsrError(
      'input',
      `${path}: several tiers could hold the ${tokens}: ${tiers.map(({ name }) => shown(name, 30)).join(', ')}`,
      `Call one of them ${tokens}, or leave one.`,
    );
  return tier.labels
    .map((label) => label.trim())
    .filter((label) => label !== '')
    .join(' ');
}

interface Tier {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Strings, numbers and flags that stand free, as Praat itself reads its text files, long or short. */
function tiersOf(file: string): Tier[] | undefined {
  const found = file.matchAll(
    /"((?:[^"]|"")*)"|<(exists|absent)>|(?<![^\s])-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![^\s])/g,
  );
  const values = [...found].map(([whole, text]) => text?.replaceAll('""', '"') ?? whole);
  if (values[0] !== 'ooTextFile' || values[1] !== 'TextGrid') return undefined;
  const tiers: Tier[] = [];
  let at = 6; // type, class, xmin, xmax, flag, number of tiers
  for (let left = Number(values[5] ?? 0); left > 0 && at < values.length; left--) {
    const [kind, name = '', , , count] = values.slice(at, at + 5);
    at += 5;
    const width = kind === 'IntervalTier' ? 3 : 2;
    const end = at + width * Number(count);
    if (!(end <= values.length)) return undefined;
    const labels: string[] = [];
    for (; at < end; at += width) labels.push(values[at + width - 1] as string);
    if (kind === 'IntervalTier') tiers.push({ name, labels });
  }
  return tiers;
}
