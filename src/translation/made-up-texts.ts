// A made-up language and its cipher, for tests and for the recipe without texts: sentences of a small grammar whose
// words go together by topic; in the other language words are others but for some loans, adjectives follow their nouns,
// and the verb comes last. What is right is known to the word.
import type { Rng } from '../core/rng.js';

export interface MadeUpTexts {
  readonly source: string[][];
  readonly target: string[][];
  /** Sentences of the source that neither text holds in any language. */
  readonly test: string[][];
  readonly reference: () => Promise<string[]>;
}

const topics = 6;
/** Of the words that a word may go with, so many are its own. */
const company = 3;
const tests = 200;
/** Share of words that both languages have. */
const loans = 0.3;
/** Words of each kind in a topic. */
const sizes = { noun: 16, verb: 8, adjective: 8 } as const;
type Kind = keyof typeof sizes;

type Word = readonly [kind: Kind | 'function', name: string];

/** @param sentences on each side, of which none is the other's translation but by chance */
export function madeUpTexts(sentences: number, rng: Rng): MadeUpTexts {
  const draw = rng.fork('sentences');
  const friends = companyOf(rng.fork('company'));
  const cipher = cipherOf(rng.fork('cipher'));
  const make = (count: number): Word[][] => Array.from({ length: count }, () => sentence(draw, friends));
  const names = (words: readonly Word[]): string[] => words.map(([, name]) => name);
  const [source, target, test] = [make(sentences), make(sentences), make(tests)];
  return {
    source: source.map((words) => inOtherOrder(words).map(([, name]) => cipher(name))),
    target: target.map(names),
    test: test.map((words) => inOtherOrder(words).map(([, name]) => cipher(name))),
    reference: async () => test.map((words) => names(words).join(' ')),
  };
}

/** The few words of a topic are much more frequent than the others, as in every language. */
const zipf = (count: number, rng: Rng): number => Math.floor(count * rng.uniform() ** 3);

/** The words that go with a word: without company of its own, it would look like every other of its topic. */
function companyOf(rng: Rng): (beside: string, kind: Kind, which: number) => number {
  const known = new Map<string, number>();
  return (beside, kind, which) => {
    const key = `${beside} ${kind} ${which}`;
    let number = known.get(key);
    if (number === undefined) known.set(key, (number = rng.fork(key).integer(sizes[kind])));
    return number;
  };
}

function sentence(rng: Rng, friends: ReturnType<typeof companyOf>): Word[] {
  const topic = zipf(topics, rng);
  let last = '';
  const word = (kind: Kind): Word => {
    const from = rng.uniform() < 0.9 ? topic : rng.integer(topics);
    const number = rng.uniform() < 0.6 ? friends(`${last} ${from}`, kind, zipf(company, rng)) : zipf(sizes[kind], rng);
    last = `${kind}${String.fromCharCode(97 + from)}${letters(number)}`;
    return [kind, last];
  };
  const group = (): Word[] => [
    ['function', rng.uniform() < 0.6 ? 'the' : 'a'],
    ...(rng.uniform() < 0.4 ? [word('adjective')] : []),
    word('noun'),
  ];
  const words = [...group(), word('verb'), ...group()];
  if (rng.uniform() < 0.4) words.push(['function', rng.uniform() < 0.5 ? 'with' : 'in'], ...group());
  if (rng.uniform() < 0.2) words.push(['function', 'and'], word('verb'), ...group());
  return words;
}

const letters = (n: number): string =>
  String.fromCharCode(97 + Math.floor(n / 26)) + String.fromCharCode(97 + (n % 26));

/** Adjectives behind their nouns, a verb behind all that it governs. */
function inOtherOrder(words: readonly Word[]): Word[] {
  const out: Word[] = [];
  let verb: Word | undefined;
  const end = (): void => {
    if (verb) out.push(verb);
    verb = undefined;
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word[0] === 'verb') verb = word;
    else if (word[0] === 'adjective') out.push(words[++i]!, word);
    else {
      if (word[1] === 'and') end();
      out.push(word);
    }
  }
  end();
  return out;
}

/** Each word another of six letters or itself, always the same. */
function cipherOf(rng: Rng): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let other = known.get(name);
    if (other === undefined) {
      const own = rng.fork(name);
      if (own.uniform() < loans) other = name;
      else
        other = Array.from({ length: 6 }, (_, i) => own.choice([...(i % 2 === 0 ? 'bdfgklmnprstvz' : 'aeiouy')])).join(
          '',
        );
      known.set(name, other);
    }
    return other;
  };
}
