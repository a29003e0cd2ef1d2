// Which language a text looks like, by its letter trigrams, beside the one that it is said to be in.
import { francAll } from 'franc';
import { readLines } from '../../core/lines.js';

/** Characters that the language is told from. */
const enough = 2000;

export interface ToldLanguage {
  /** For people: `looks like Spanish`. */
  readonly shown: string;
  /** Another than was said, and no near relative of it. */
  readonly other: boolean;
}

/** @param language as text.language. @returns undefined where one of the two is not known or the text is short */
export async function tellLanguage(path: string, language: string): Promise<ToldLanguage | undefined> {
  const wanted = canonical(language);
  if (wanted === undefined) return undefined;
  const languages = await languagesOf(path);
  const [best] = languages;
  const score = languages.find(({ code }) => code === wanted)?.score;
  // A language that is not known cannot be told from others.
  if (best?.code === undefined || best.code === 'und' || score === undefined) return undefined;
  const name = (of: string): string => new Intl.DisplayNames('en', { type: 'language' }).of(of) ?? of;
  const differs = best.code !== wanted;
  return {
    shown: differs
      ? `looks like ${name(best.code)} (${best.code})` +
        (score > near ? `, or its neighbour ${name(wanted)}` : `, but text.language is ${language}`)
      : `looks like ${name(wanted)}`,
    other: differs && score <= near,
  };
}

/** The code of the language that a text is most like; undefined where it is short or like none. */
export async function guessLanguage(path: string): Promise<string | undefined> {
  const [best] = await languagesOf(path);
  return best?.code === 'und' ? undefined : best?.code;
}

async function languagesOf(path: string): Promise<{ code: string | undefined; score: number }[]> {
  let text = '';
  let number = 0;
  // From many places: every line at first, then fewer and fewer.
  for await (const line of readLines(path)) {
    if (number++ % (1 + Math.floor(text.length / enough)) === 0) text += `${line.trim()} `;
    if (text.length > 4 * enough) break;
  }
  return francAll(text, { minLength: 200 }).map(([code, score]) => ({ code: canonical(code), score }));
}

/**
 * franc scores the best language with 1; Portuguese and Galician stand at .984 and more
 * to Spanish text, strangers below .98.
 */
const near = 0.982;

/** `deu`, `de-AT` or `es-419` to `de`, `de`, `es`; macrolanguages and their main language are one. */
function canonical(language: string): string | undefined {
  const main: Readonly<Record<string, string>> = {
    cmn: 'zh',
    arb: 'ar',
    pes: 'fa',
    swh: 'sw',
    ekk: 'et',
    lvs: 'lv',
    nob: 'no',
    nb: 'no',
    zlm: 'ms',
    zsm: 'ms',
    npi: 'ne',
    ory: 'or',
    azj: 'az',
    khk: 'mn',
    als: 'sq',
    uzn: 'uz',
    prs: 'fa',
  };
  try {
    const code = new Intl.Locale(language.split('/').at(-1) ?? '').language;
    return main[code] ?? code;
  } catch {
    return undefined;
  }
}
