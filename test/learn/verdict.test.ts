import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { factsOf } from '../../src/decode/facts.js';
import { doubtOf, verdictOf, type Facts } from '../../src/learn/verdict.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { perplexity } from '../../src/lm/ngram.js';

const phones = [...'abcdefghijklmnop'];
/** A language: each phone is followed by one of three. */
function sentences(count: number, rng: Rng): string[][] {
  return Array.from({ length: count }, () => {
    let at = rng.integer(phones.length);
    return Array.from({ length: 30 }, () => phones[(at = (5 * at + 1 + rng.integer(3)) % phones.length)] as string);
  });
}
const rng = Rng.fromSeed('verdict');
const text = sentences(400, rng);
const lm = estimateNgram(text, { order: 3 });
const heldOut = perplexity(lm, sentences(100, rng));
const said = sentences(60, rng);
const facts = (alone: string[][], transcript: string[][]): Facts =>
  factsOf(
    alone.map((one, i) => ({ alone: one, transcript: transcript[i]! })),
    lm,
    heldOut,
    30 * alone.length,
  );
/** Every phone called by another's name. */
const renamed = (one: readonly string[]): string[] => one.map((phone) => phones[(phones.indexOf(phone) * 7 + 3) % 16]!);
const noisy = (one: readonly string[], share: number): string[] =>
  one.map((phone) => (rng.uniform() < share ? phones[rng.integer(16)]! : phone));

describe('the verdict', () => {
  it('is good where the sound alone says text and transcripts follow it', () => {
    const heard = said.map((one) => noisy(one, 0.05));
    const found = facts(heard, said);
    expect(found.dependence).toBeGreaterThan(0.9);
    expect(found.rate).toBe(1);
    expect(verdictOf(found).verdict).toBe('converged');
  });

  it('is bad for a wrong map, be it plain in what comes out or hidden under the language model', () => {
    const wrong = said.map(renamed);
    const plain = verdictOf(facts(wrong, wrong));
    expect(plain.verdict).toBe('not converged');
    expect(plain.facts.dependence).toBe(1);
    const hidden = verdictOf(facts(wrong, sentences(said.length, rng)));
    expect(hidden.verdict).toBe('not converged');
    expect(hidden.facts.perplexity).toBeLessThan(1.2);
    expect(hidden.facts.dependence).toBeLessThan(0.1);
    expect(hidden.reason).toMatch(/times as surprising as text, and transcripts follow it by -?\d+ %/);
  });

  it('grows with what is wrong', () => {
    const doubts = [0, 0.1, 0.3, 0.6, 1].map((share) => {
      const heard = said.map((one) => noisy(one, share));
      return doubtOf(facts(heard, heard));
    });
    expect([...doubts].sort((a, b) => a - b)).toEqual(doubts);
  });

  it('names silence, a single phone and a wrong length', () => {
    expect(
      verdictOf(
        facts(
          said,
          said.map(() => []),
        ),
      ).reason,
    ).toBe('no phone comes out');
    const one = said.map((sentence) => sentence.map((phone) => (phone < 'h' ? phone : 'a')));
    expect(verdictOf(facts(one, one))).toMatchObject({
      verdict: 'not converged',
      reason: expect.stringMatching(/one phone makes up/),
    });
    const long = said.map((sentence) => [...sentence, ...sentence, ...sentence]);
    expect(verdictOf(facts(long, long))).toMatchObject({
      verdict: 'doubtful',
      reason: expect.stringMatching(/3\.00 times the phones/),
    });
  });

  const verdictWith = (direction: number | null, found: Facts): string => verdictOf({ ...found, direction }).verdict;

  it('lets the direction of the sound decide what the other facts leave open', () => {
    const weak = said.map((one) => noisy(one, 0.25));
    const open = facts(weak, weak);
    expect([null, 0.01, 0.07, 0.3].map((direction) => verdictWith(direction, open))).toEqual([
      'doubtful',
      'not converged',
      'doubtful',
      'converged',
    ]);
    expect(verdictOf({ ...open, direction: Math.log(1.3) }).reason).toContain(
      'n-gram matching fits the sound 30 % better than the same sound backwards',
    );
    expect(verdictWith(0.01, facts(said, said))).toBe('converged');
    // Sound and text belong together, and the map is wrong all the same.
    const wrong = said.map(renamed);
    expect(verdictWith(0.3, facts(wrong, sentences(said.length, rng)))).toBe('not converged');
    // Lines of the text that are much longer than utterances say nothing against the map.
    expect(verdictWith(0.3, { ...facts(said, said), rate: 0.2 })).toBe('converged');
    expect(verdictWith(null, { ...facts(said, said), rate: 0.2 })).toBe('not converged');
  });

  it('calls transcripts that would go with any other sound worthless, however much they read like text', () => {
    const found = facts(said, said.toReversed());
    expect(found.dependence).toBeLessThan(0.1);
    expect(verdictOf({ ...found, direction: 0.3 })).toMatchObject({
      verdict: 'not converged',
      reason: expect.stringMatching(/would go with any other/),
    });
  });

  it('says that nothing is known of no utterance', () => {
    expect(verdictOf(facts([], [])).verdict).toBe('doubtful');
  });
});
