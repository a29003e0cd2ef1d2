// What is done with texts against its peers on the same material: estimating a trigram model (kenlm's lmplz), asking
// one (kenlm), edit distances (jiwer), and searching words of a lexicon (flashlight-text); what both find beside it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import { decodeConfig } from '../src/decode/config.js';
import { estimateLm } from '../src/lm/estimate.js';
import { estimatedModel } from '../src/lm/estimated-model.js';
import { estimateNgram } from '../src/lm/kneser-ney.js';
import { sentencesOf, writeModel } from '../src/lm/lm-text.js';
import { perplexity } from '../src/lm/ngram.js';
import { align } from '../src/score/edit-distance.js';
import { search } from '../src/search/beam.js';
import { bestPaths } from '../src/search/paths.js';
import { buildPrefixTree, unigrams } from '../src/search/prefix-tree.js';
import { createWordNetwork } from '../src/search/word-network.js';
import { Peer } from './peer.js';
import type { Line } from './table.js';
import { alternate, duelColumns, timed, type PeerTaken } from './timing.js';

export interface TextsBench {
  readonly sentences: number;
  /** Of eight words, for the search. */
  readonly utterances: number;
  readonly rounds: number;
  readonly peer: boolean;
}

const vocabulary = 20_000;

/** Words by Zipf's law, each second one a follower of the one before: some n-grams come again, most do not. */
function* sentences(count: number): Generator<string[]> {
  const rng = Rng.fromSeed('texts');
  const draw = (): number => Math.floor(Math.exp(rng.uniform() * Math.log(vocabulary)));
  for (let i = 0; i < count; i++) {
    let word = 0;
    yield Array.from({ length: 5 + rng.integer(15) }, () => {
      word = rng.uniform() < 0.5 ? (word * 31 + rng.integer(4)) % vocabulary : draw();
      return `w${word}`;
    });
  }
}

function* wordsOf(lines: readonly string[]): Generator<string[]> {
  for (const line of lines) yield line.split(' ');
}

/** One substitution, deletion or insertion in ten words. */
function misheard(words: readonly string[], rng: Rng): string[] {
  return words.flatMap((word) => {
    const draw = rng.uniform();
    return draw < 0.04 ? [] : draw < 0.07 ? [word, 'w1'] : draw < 0.1 ? ['w2'] : [word];
  });
}

type Ask = Readonly<Record<string, unknown>>;

export async function* benchTexts({ sentences: count, utterances, rounds, peer: wanted }: TextsBench) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-texts-'));
  const peer = wanted ? new Peer('texts.py') : undefined;
  /** @param ours gives what the peer also has as `value` */
  const duel = async (name: string, ours: () => Promise<number | undefined> | number, ask: Ask): Promise<Line> => {
    let [found, theirs]: (number | undefined)[] = [];
    const taken = await alternate(
      () =>
        timed(async () => {
          found = await ours();
        }),
      peer &&
        (async () => {
          const answer = await peer.time<PeerTaken & { value?: number }>(ask);
          theirs = answer.value;
          return answer;
        }),
      rounds,
    );
    return { name, ...duelColumns(taken), value: found ?? null, peerValue: theirs ?? null };
  };
  try {
    const [text, arpa] = [join(folder, 'text'), join(folder, 'lm.arpa')];
    const said = [...sentences(count)];
    const lines = said.map((words) => words.join(' '));
    await writeFile(text, `${lines.join('\n')}\n`);
    const lm = estimatedModel(await estimateLm(said, { order: 3 }));
    await writeModel(lm, arpa);
    yield await duel(
      `trigrams of ${count} sentences from a file`,
      async () => void (await estimateLm(sentencesOf(text), { order: 3 })),
      { do: 'lmplz', text, order: 3 },
    );
    yield await duel(`perplexity of ${count} sentences`, () => perplexity(lm, wordsOf(lines)), {
      do: 'perplexity',
      arpa,
      text,
    });
    const rng = Rng.fromSeed('misheard');
    const pairs = said.slice(0, 20_000).map((words) => [words, misheard(words, rng)] as const);
    yield await duel(
      `edit distances of ${pairs.length} sentences`,
      () => pairs.reduce((sum, [r, h]) => sum + align(r, h).filter(({ kind }) => kind !== 'match').length, 0),
      { do: 'edits', references: pairs.map(([r]) => r.join(' ')), hypotheses: pairs.map(([, h]) => h.join(' ')) },
    );
    yield await lexiconDuel(utterances, rounds, peer, join(folder, 'scores.f32'));
  } finally {
    peer?.close();
    await rm(folder, { recursive: true });
  }
}

const [phones, words, beam] = [40, 5000, 100] as const;
const [columns, blank] = [phones + 1, phones];

interface Spoken {
  readonly rows: number;
  /** [rows, columns] log-probabilities, blank last. */
  readonly scores: Float32Array;
  readonly words: readonly number[];
}

function speak(pronunciations: readonly (readonly number[])[], rng: Rng): Spoken {
  const said = Array.from({ length: 8 }, () => rng.integer(words));
  // A word's last phone lasts a row: flashlight-text leaves the word with that row, and has no way to stay.
  const truth = said.flatMap((word) =>
    (pronunciations[word] as readonly number[]).flatMap((phone, i, { length }) => [
      ...new Array<number>(i + 1 < length ? 1 + rng.integer(3) : 1).fill(phone),
      ...new Array<number>(1 + rng.integer(2)).fill(blank),
    ]),
  );
  const scores = new Float32Array(truth.length * columns);
  truth.forEach((right, row) => {
    const own = scores.subarray(row * columns, (row + 1) * columns);
    for (let c = 0; c < columns; c++) own[c] = 1.5 * rng.normal() + (c === right ? 5 : 0);
    const sum = Math.log(own.reduce((total, value) => total + Math.exp(value), 0));
    for (let c = 0; c < columns; c++) own[c]! -= sum;
  });
  return { rows: truth.length, scores, words: said };
}

/** Every word equally likely on both sides, and as many states kept a row. */
async function lexiconDuel(utterances: number, rounds: number, peer: Peer | undefined, path: string): Promise<Line> {
  const rng = Rng.fromSeed('lexicon');
  const made = new Map<string, number[]>();
  while (made.size < words) {
    const one = Array.from({ length: 3 + rng.integer(6) }, () => rng.integer(phones));
    made.set(one.join(' '), one);
  }
  const pronunciations = [...made.values()];
  const spoken = Array.from({ length: utterances }, () => speak(pronunciations, rng));
  const names = pronunciations.map((_, word) => `w${word}`);
  const lm = estimateNgram(
    names.map((name) => [name]),
    { order: 1 },
  );
  const logProbs = unigrams(lm, names);
  const network = createWordNetwork(
    {
      tree: buildPrefixTree(
        pronunciations.map((own, word) => ({ word, phones: own })),
        (word) => logProbs[word] as number,
      ),
      lm,
      words,
      ids: Int32Array.from(names, (name) => lm.id(name)),
      columns,
      silence: -1,
      filler: undefined,
      doublePhones: true,
      unknownScore: -Infinity,
      rareScore: 0,
    },
    { lmWeight: 1, wordScore: 0 },
  );
  const settings = { ...decodeConfig.parse({}), beam };
  const decode = ({ rows, scores }: Spoken): number[] => {
    const ends = Int32Array.from({ length: rows }, (_, row) => row + 1);
    const acoustics = { scores, rows, columns, ends, statesPerPhone: 1, stay: 0, leave: 0, silence: -1, blank };
    return bestPaths(search(acoustics, network, settings), 1, -1, true)[0]?.words.map(({ word }) => word) ?? [];
  };
  await writeFile(path, Buffer.concat(spoken.map(({ scores }) => Buffer.from(scores.buffer))));
  let [found, theirs]: number[][][] = [[], []];
  const prepared = peer?.ask({
    do: 'lexicon',
    ...{ words, pronunciations, classes: columns, blank, beam, path },
    rows: spoken.map(({ rows }) => rows),
  });
  prepared?.catch(() => undefined); // said by the duel
  const taken = await alternate(
    () =>
      timed(() => {
        found = spoken.map(decode);
      }),
    peer &&
      (async () => {
        await prepared;
        const answer = await peer.time<PeerTaken & { found: number[][] }>({ do: 'decode' });
        theirs = answer.found;
        return answer;
      }),
    rounds,
  );
  const right = (each: readonly (readonly number[])[] | undefined): number =>
    spoken.filter((own, i) => each?.[i]?.join() === own.words.join()).length;
  return {
    name: `${words} words in ${utterances} utterances, beam ${beam}`,
    ...duelColumns(taken),
    value: right(found),
    peerValue: taken.peer ? right(theirs) : null,
  };
}
