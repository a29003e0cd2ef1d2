// Tuning and fitting lengths searched utterance after utterance without a break, for minutes on a real corpus: Ctrl-C
// was heard when all was over. They give way between two utterances now.
import { describe, expect, it } from 'vitest';
import { fitInsertion, type ScoredRows } from '../../src/bootstrap/length.js';
import { recognisedWithoutText } from '../../src/bootstrap/sound-alone.js';
import { decodeConfig } from '../../src/decode/config.js';
import { trialOf } from '../../src/decode/trial.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { bigramGraph } from '../../src/search/phone-graph.js';

const utterances = 50;

/** A signal that a timer aborts, as Ctrl-C does; and how often an utterance was taken. */
function interrupted<T>(item: T): { signal: AbortSignal; items: T[]; taken: () => number } {
  const controller = new AbortController();
  setImmediate(() => void setImmediate(() => controller.abort(new Error('ctrl-C'))));
  let taken = 0;
  const items = Array.from({ length: utterances }, () => item);
  const watched = new Proxy(items, {
    get: (target, key, self) => {
      if (typeof key === 'string' && /^\d+$/u.test(key)) taken++;
      return Reflect.get(target, key, self) as unknown;
    },
  });
  return { signal: controller.signal, items: watched, taken: () => taken };
}

const rows: ScoredRows = { rows: 8, scores: Float32Array.from({ length: 8 * 3 }, (_, i) => -((i * 7) % 5)) };
const graph = bigramGraph({
  initial: new Float64Array(2).fill(0.5),
  next: new Float64Array(4).fill(1 / 3),
  final: new Float64Array(2).fill(1 / 3),
});
const settings = { minRows: 1, beam: 20 };
const emission = {
  logProbs: Float32Array.from({ length: 6 * 3 }, (_, i) => -((i * 7) % 5)),
  rows: 6,
  ends: Int32Array.from({ length: 6 }, (_, i) => i + 1),
};

describe('a signal in the midst of', () => {
  it.each([
    [
      'an insertion score',
      ({ signal, items }: ReturnType<typeof interrupted<ScoredRows>>) =>
        fitInsertion(items, graph, settings, 100, signal),
    ],
    [
      'what the sound alone says',
      ({ signal, items }: ReturnType<typeof interrupted<ScoredRows>>) =>
        recognisedWithoutText(items, 2, settings, 100, signal),
    ],
  ] as const)('fitting %s ends it', async (_, work) => {
    const given = interrupted(rows);
    await expect(work(given)).rejects.toThrow('ctrl-C');
    expect(given.taken()).toBeGreaterThan(0);
    expect(given.taken()).toBeLessThan(utterances);
  });

  it('a trial of decoding weights ends it', async () => {
    const { signal, items, taken } = interrupted(emission);
    const phoneLm = estimateNgram([['a', 'b']], { order: 2 });
    const trial = trialOf(
      {
        ...{ symbols: { phones: ['a', 'b', '<SIL>'], silence: '<SIL>' }, emissions: items, parts: { phoneLm }, signal },
        ...{ config: decodeConfig.parse({ method: 'beam' }), aims: { minPerplexity: 1 }, onTrial: () => undefined },
      },
      Array.from({ length: utterances }, () => 'ab'),
    );
    await expect(trial).rejects.toThrow('ctrl-C');
    expect(taken()).toBeLessThan(utterances);
  });
});
