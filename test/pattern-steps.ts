// A pattern and a text in; out how many characters and assertions a backtracking matcher tries on it, which is what an
// engine does and does not tell. Counts compare where a clock cannot: on a busy machine, and on texts that are short.

interface Node {
  /** Tries to match from `at`, and goes on with `next`. */
  (text: string, at: number, count: () => void, next: (at: number) => boolean): boolean;
}

/** A pattern, as far as it is written in this project: no backreference but `\1`, lookbehind over one character. */
export interface CountedPattern {
  /** Steps of all matches (of the first one, without the flag g). Infinity beyond `most`. */
  steps(text: string, most?: number): number;
  /** No part of it can match without an end. */
  readonly bounded: boolean;
  /** Sources of its single characters: classes, escapes, letters. */
  readonly atoms: readonly string[];
  /** A text for every beginning of the pattern, of one turn of each loop. */
  readonly beginnings: readonly string[];
}

class TooMany extends Error {}
const alphabet = [...'a0 -_.,()[]"\'\\/<>=:;|&{}~+*#!?ZszNEeTx\t\n\u0301\u02D0\u3042\u00E9\u2028'];

interface Part {
  readonly match: Node;
  /** A text that it matches. */
  readonly example: string;
}

export function countedPattern(source: string, flags: string): CountedPattern {
  let at = 0;
  let bounded = true;
  const atoms: string[] = [];
  const beginnings = new Set<string>();
  const peek = (text: string): boolean => source.startsWith(text, at);
  const atomFlags = flags.replace(/[gym]/gu, '');
  const multiline = flags.includes('m');

  function atom(end: number): Part {
    const text = source.slice(at, end);
    at = end;
    atoms.push(text);
    const own = new RegExp(`^(?:${text})$`, atomFlags);
    const known = new Map<string, boolean>();
    const unicode = flags.includes('u');
    const match: Node = (given, from, count, next) => {
      count();
      if (from >= given.length) return false;
      const char = unicode ? String.fromCodePoint(given.codePointAt(from)!) : given.charAt(from);
      let fits = known.get(char);
      if (fits === undefined) known.set(char, (fits = own.test(char)));
      return fits && next(from + char.length);
    };
    return { match, example: alphabet.find((char) => own.test(char)) ?? (text.length === 1 ? text : 'a') };
  }

  const assertion = (holds: (text: string, from: number) => boolean): Part => ({
    match: (text, from, count, next) => {
      count();
      return holds(text, from) && next(from);
    },
    example: '',
  });
  const isWord = (char: string | undefined): boolean => char !== undefined && /\w/u.test(char);

  function group(before: string): Part {
    for (const [open, ahead, wanted] of [
      ['(?=', true, true],
      ['(?!', true, false],
      ['(?<=', false, true],
      ['(?<!', false, false],
    ] as const) {
      if (!peek(open)) continue;
      at += open.length;
      const body = alternatives(undefined);
      at++;
      return {
        match: (text, from, count, next) => {
          const found = ahead
            ? body.match(text, from, count, () => true)
            : from > 0 && body.match(text, from - 1, count, (end) => end === from);
          return found === wanted && next(from);
        },
        example: '',
      };
    }
    at += /^\((?:\?:|\?<[^>]*>)?/u.exec(source.slice(at))![0].length;
    const body = alternatives(before);
    at++;
    return body;
  }

  function single(before: string): Part {
    if (peek('(')) return group(before);
    if (peek('^')) {
      at++;
      return assertion((text, from) => from === 0 || (multiline && text[from - 1] === '\n'));
    }
    if (peek('$')) {
      at++;
      return assertion((text, from) => from === text.length || (multiline && text[from] === '\n'));
    }
    if (peek('\\b')) {
      at += 2;
      return assertion((text, from) => isWord(text[from - 1]) !== isWord(text[from]));
    }
    if (peek('\\1')) {
      at += 2;
      return { match: (_text, from, count, next) => (count(), next(from)), example: '' };
    }
    if (peek('[')) {
      let end = at + 1;
      // `[^]` and `[]]`: JavaScript ends a class at the first bracket that is not escaped.
      while (source[end] !== ']') end += source[end] === '\\' ? 2 : 1;
      return atom(end + 1);
    }
    if (peek('\\')) {
      const escape = /^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\dA-Fa-f]{4}|x[\dA-Fa-f]{2}|[^])/u.exec(source.slice(at))!;
      return atom(at + escape[0].length);
    }
    return atom(at + String.fromCodePoint(source.codePointAt(at)!).length);
  }

  function repeated(part: Part, least: number, most: number, lazy: boolean): Part {
    const turn = (
      text: string,
      from: number,
      count: () => void,
      next: (at: number) => boolean,
      done: number,
    ): boolean => {
      const more = (): boolean =>
        done < most &&
        part.match(text, from, count, (end) =>
          // An empty turn beyond the least ends a loop.
          end === from && done >= least ? false : turn(text, end, count, next, done + 1),
        );
      if (done < least) return more();
      return lazy ? next(from) || more() : more() || next(from);
    };
    return {
      match: (text, from, count, next) => turn(text, from, count, next, 0),
      example: part.example.repeat(Math.max(1, least)),
    };
  }

  function sequence(before: string | undefined): Part {
    const parts: Part[] = [];
    let example = '';
    while (at < source.length && !peek('|') && !peek(')')) {
      let part = single((before ?? '') + example);
      const times = /^(?:\*|\+|\?|\{(\d+)(,?)(\d*)\})(\??)/u.exec(source.slice(at));
      if (times) {
        at += times[0].length;
        const [sign, from, comma, to, lazy] = [times[0].charAt(0), times[1], times[2], times[3], times[4] === '?'];
        const least = sign === '{' ? Number(from) : sign === '+' ? 1 : 0;
        const most = sign === '?' ? 1 : sign !== '{' ? Infinity : comma === '' ? least : to ? Number(to) : Infinity;
        if (most > 16) bounded = false;
        part = repeated(part, least, most, lazy);
      }
      parts.push(part);
      example += part.example;
      if (before !== undefined) beginnings.add(before + example);
    }
    return {
      match: (text, from, count, next) => {
        const step = (i: number, now: number): boolean =>
          i === parts.length ? next(now) : parts[i]!.match(text, now, count, (end) => step(i + 1, end));
        return step(0, from);
      },
      example,
    };
  }

  function alternatives(before: string | undefined): Part {
    const choices = [sequence(before)];
    while (peek('|')) {
      at++;
      choices.push(sequence(before));
    }
    return {
      match: (text, from, count, next) => choices.some(({ match }) => match(text, from, count, next)),
      example: choices[0]!.example,
    };
  }

  const whole = alternatives('');
  return {
    bounded,
    atoms,
    beginnings: [...beginnings],
    steps(text, most = 1e5) {
      let steps = 0;
      const count = (): void => {
        if (++steps > most) throw new TooMany();
      };
      try {
        for (let from = 0; from <= text.length;) {
          let end = -1;
          whole.match(text, from, count, (found) => {
            end = found;
            return true;
          });
          if (end >= 0 && !flags.includes('g')) break;
          from = end > from ? end : from + 1;
        }
      } catch (error) {
        if (error instanceof TooMany) return Infinity;
        throw error;
      }
      return steps;
    },
  };
}

/**
 * The text that is worst for a pattern: what its characters and beginnings give when they are repeated, after a
 * beginning and before something that does not fit.
 * @param size characters of the repeated part; its double is compared with it
 * @returns steps on the double over steps on the text, and the text; a line gives 2, a square 4
 */
export function worstGrowth(source: string, flags: string, size: number): { growth: number; text: string } {
  const pattern = countedPattern(source, flags);
  if (pattern.bounded) return { growth: 1, text: '' };
  const chars = [
    ...new Set(
      pattern.atoms.flatMap((atom) => {
        const own = new RegExp(`^(?:${atom})$`, flags.replace(/[gym]/gu, ''));
        return alphabet.filter((char) => own.test(char)).slice(0, 2);
      }),
    ),
  ].slice(0, 10);
  const short = pattern.beginnings.filter((text) => text.length > 1).slice(0, 12);
  const loops = [...chars, ...chars.flatMap((one) => chars.map((other) => one + other)), ...short];
  const heads = ['', ...pattern.beginnings.slice(0, 12)];
  let worst = { growth: 1, text: '' };
  for (const loop of loops) {
    for (const head of heads) {
      for (const tail of ['', '\0', '\0\n']) {
        const text = (times: number): string => head + loop.repeat(Math.ceil((times * size) / loop.length)) + tail;
        const once = pattern.steps(text(1));
        const growth = once === Infinity ? Infinity : pattern.steps(text(2)) / once;
        if (growth > worst.growth) worst = { growth, text: text(1) };
      }
    }
  }
  return worst;
}
