// Every format says the same, and the counts are those of independent implementations on 10,000 random pairs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { align } from '../../src/score/edit-distance.js';
import { loadTranscripts } from '../../src/transcripts/references.js';
import { scoreFiles } from '../../src/score/score-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asr-formats-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(name: string, content: string, options = {}): Promise<Record<string, string>> {
  await writeFile(join(folder, name), content);
  return Object.fromEntries(await loadTranscripts(join(folder, name), options));
}

const said = { u1: 'a b c', u2: 'ä' };

describe('formats of transcripts', () => {
  it('are told by the ending', async () => {
    expect(await load('a', 'u1 a  b\tc\nu2\tä\n')).toEqual({ ...said, u1: 'a  b\tc' });
    expect(await load('a.trn', 'a b c (u1)\nä (u2)\n')).toEqual(said);
    expect(await load('a.ctm', ';; comment\nu1 1 0.5 0.1 b 0.9\nu1 A 0.0 0.1 a\nu1 1 1.0 0.2 c\nu2 1 0 1 ä\n')).toEqual(
      said,
    );
    expect(await load('a.jsonl', '{"id":"u1","text":"a b c"}\n{"id":"u2","text":"a\u0308"}\n')).toEqual(said);
    expect(await load('a.csv', 'u1|a b c\nu2|ä\n')).toEqual(said);
  });

  it('can be named', async () => {
    expect(await load('b.txt', 'a b c (u1)\nä (u2)\n', { format: 'trn' })).toEqual(said);
  });

  it('read what decode and transcribe write', async () => {
    const hypothesis =
      '{"id":"u1","recording":"u1","split":"test","phones":[{"phone":"a","start":0,"end":5},' +
      '{"phone":"b","start":5,"end":9},{"phone":"c","start":9,"end":12}]}\n';
    const failed = '{"schema":1,"file":"gone.wav","error":"no such file"}\n';
    const transcript =
      '{"schema":1,"file":"x/u 2.wav","seconds":1,"phones":[{"phone":"h","start":0,"end":1}],' +
      '"words":[{"word":"ä","start":0,"end":1}]}\n';
    expect(await load('c.jsonl', hypothesis + failed + transcript, { tokens: 'words' })).toEqual({
      u1: 'a b c',
      u_2: 'ä',
    });
    expect(await load('c.jsonl', transcript)).toEqual({ u_2: 'h' });
  });

  it('keep utterances in which nothing is said', async () => {
    expect(await load('e.trn', '(u1)\n')).toEqual({ u1: '' });
    expect(await load('e', 'u1\n')).toEqual({ u1: '' });
    expect(await load('e.jsonl', '{"id":"u1","phones":[]}\n')).toEqual({ u1: '' });
  });

  it('tell channels apart', async () => {
    expect(await load('f.ctm', 'u 1 0 1 a\nu 2 0 1 b\n')).toEqual({ u: 'a', u_2: 'b' });
  });

  it.each([
    ['x.trn', 'a b c u1\n', /x\.trn, line 1: expected "tokens \(id\)"/],
    ['y.trn', 'ok (u0)\n{ a / b } c (u1)\n', /line 2: alternatives/],
    ['x.ctm', 'u1 1 zero 0.1 a\n', /x\.ctm, line 1: expected "recording channel start duration token"/],
    ['y.ctm', 'u1 1 0.0 0.1\n', /y\.ctm, line 1/],
    ['x.jsonl', '{"id":"u1"}\n', /line 1: expected id/],
    ['z.trn', 'a (u1)\nb (u1)\n', /"u1" appears twice/],
  ])('say where %s is wrong', async (name, content, message) => {
    await expect(load(name, content)).rejects.toMatchObject({ code: 'input', message: expect.stringMatching(message) });
  });
});

/** Counts by the textbook's table, with its own tie rule: from the end, diagonal before deletion before insertion. */
function countsByTable(ref: string[], hyp: string[]): { deletions: number; insertions: number; substitutions: number } {
  const table = ref.concat('').map(() => new Array<number>(hyp.length + 1).fill(0));
  for (let i = 0; i <= ref.length; i++) {
    for (let j = 0; j <= hyp.length; j++) {
      table[i]![j] =
        i === 0
          ? j
          : j === 0
            ? i
            : Math.min(
                table[i - 1]![j - 1]! + Number(ref[i - 1] !== hyp[j - 1]),
                table[i - 1]![j]! + 1,
                table[i]![j - 1]! + 1,
              );
    }
  }
  const counts = { deletions: 0, insertions: 0, substitutions: 0 };
  for (let i = ref.length, j = hyp.length; i > 0 || j > 0;) {
    const here = table[i]![j]!;
    if (i > 0 && j > 0 && here === table[i - 1]![j - 1]! + Number(ref[i - 1] !== hyp[j - 1])) {
      counts.substitutions += Number(ref[--i] !== hyp[--j]);
    } else if (i > 0 && here === table[i - 1]![j]! + 1) {
      counts.deletions++;
      i--;
    } else {
      counts.insertions++;
      j--;
    }
  }
  return counts;
}

describe('10,000 random pairs', () => {
  const rng = Rng.fromSeed(5);
  const draw = (): string[] => Array.from({ length: rng.integer(25) }, () => 'abcdefg'[rng.integer(7)]!);
  const pairs = Array.from({ length: 10_000 }, (_, i) => ({ id: `u${i}`, ref: draw(), hyp: draw() }));

  it('align as cheaply as fastest-levenshtein says, and into the same sequences', () => {
    for (const { ref, hyp } of pairs) {
      const edits = align(ref, hyp);
      expect(edits.filter(({ kind }) => kind !== 'match').length).toBe(distance(ref.join(''), hyp.join('')));
      expect(edits.flatMap(({ reference }) => reference ?? [])).toEqual(ref);
      expect(edits.flatMap(({ hypothesis }) => hypothesis ?? [])).toEqual(hyp);
    }
  });

  it('are counted alike by every format and by a table of its own', async () => {
    const expected = { errors: 0, insertions: 0, deletions: 0, substitutions: 0, length: 0 };
    for (const { ref, hyp } of pairs) {
      const { deletions, insertions, substitutions } = countsByTable(ref, hyp);
      expected.deletions += deletions;
      expected.insertions += insertions;
      expected.substitutions += substitutions;
      expected.errors += deletions + insertions + substitutions;
      expected.length += ref.length;
    }
    type Side = 'ref' | 'hyp';
    const writers: Record<string, (side: Side) => string> = {
      txt: (side) => pairs.map((pair) => `${[pair.id, ...pair[side]].join(' ')}\n`).join(''),
      trn: (side) => pairs.map((pair) => `${pair[side].join(' ')} (${pair.id})\n`).join(''),
      jsonl: (side) => pairs.map((pair) => `${JSON.stringify({ id: pair.id, text: pair[side].join(' ') })}\n`).join(''),
      ctm: (side) =>
        pairs.flatMap((pair) => pair[side].map((token, i) => `${pair.id} 1 ${i / 10} 0.1 ${token}\n`)).join(''),
    };
    for (const [ending, content] of Object.entries(writers)) {
      const [ref, hyp] = [join(folder, `ref.${ending}`), join(folder, `hyp.${ending}`)];
      await writeFile(ref, content('ref'));
      await writeFile(hyp, content('hyp'));
      const found = await scoreFiles(ref, hyp, 'word');
      if (ending !== 'ctm') expect(found, ending).toMatchObject(expected);
      // A CTM cannot say that an utterance is empty: against an empty reference its insertions are not seen.
      else expect(found.length).toBe(expected.length);
    }
  });
});

it('scores 100,000 utterances', async () => {
  const rng = Rng.fromSeed(6);
  const line = (i: number): string => `u${i} ${Array.from({ length: 15 }, () => `w${rng.integer(1000)}`).join(' ')}\n`;
  for (const side of ['big-ref', 'big-hyp'])
    await writeFile(join(folder, side), Array.from({ length: 100_000 }, (_, i) => line(i)).join(''));
  const score = await scoreFiles(join(folder, 'big-ref'), join(folder, 'big-hyp'), 'word');
  expect(score.length).toBe(1_500_000);
});
