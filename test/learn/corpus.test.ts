// What learning reads of a corpus: all of it below its bounds, about so much by chance above them.
import { beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { sampleRate } from '../../src/core/time.js';
import { readCorpus, readTraining, type LearnBound, type LearnFolders } from '../../src/learn/corpus.js';
import { readSentences } from '../../src/text/folder.js';
import { simulatedCorpus } from './simulated-corpus.js';

describe('the bounds of learning', () => {
  let folders: LearnFolders;
  let [seconds, phones] = [0, 0];
  beforeAll(async () => {
    folders = (await simulatedCorpus()).inputs as unknown as LearnFolders;
    const all = await readCorpus(folders);
    seconds = all.utterances.reduce((sum, { ends }) => sum + ends.at(-1)! * 160, 0) / sampleRate;
    phones = all.sentences.reduce((sum, { length }) => sum + length, 0);
    await all.close();
  });
  const bound = (hours: number, most: number, seed: number): LearnBound => ({
    hours,
    phones: most,
    rng: Rng.fromSeed(seed),
  });

  it('leave a corpus that is no larger as it is', async () => {
    const all = await readCorpus(folders);
    const bounded = await readCorpus(folders, { bound: bound(seconds / 3600, phones, 1) });
    expect(bounded.utterances).toEqual(all.utterances);
    expect(bounded.lines).toEqual(all.lines);
    await Promise.all([all.close(), bounded.close()]);
  });

  it('take training utterances and sentences by chance, in their order, the same for a seed', async () => {
    const all = await readCorpus(folders);
    const some = await readCorpus(folders, { bound: bound(seconds / 3600 / 4, phones / 4, 1) });
    const again = await readCorpus(folders, { bound: bound(seconds / 3600 / 4, phones / 4, 1) });
    expect(again.utterances).toEqual(some.utterances);
    expect(again.lines).toEqual(some.lines);
    const places = some.utterances.map(({ id }) => all.utterances.findIndex((one) => one.id === id));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const longest = Math.max(...all.utterances.map(({ ends }) => ends.at(-1)!));
    const taken = some.utterances.reduce((sum, { ends }) => sum + ends.at(-1)! * 160, 0) / sampleRate;
    expect(taken).toBeGreaterThanOrEqual(seconds / 4);
    expect(taken).toBeLessThan(seconds / 4 + (longest * 160) / sampleRate);
    expect((await readTraining(folders, bound(seconds / 3600 / 4, phones, 1))).left).toBe(
      all.utterances.length - some.utterances.length,
    );
    // Each of `lines` sentences is drawn with the chance 1/4: deviation sqrt(lines * 3 / 16).
    const { length: lines } = all.lines;
    expect(Math.abs(some.lines.length - lines / 4)).toBeLessThan(5 * Math.sqrt((3 * lines) / 16));
    await Promise.all([all.close(), some.close(), again.close()]);
  });

  it('name the line of the file, whatever was left out before it', async () => {
    for await (const { line, number } of readSentences(folders.text, 'sentences', bound(1, phones / 10, 2))) {
      let at = 0;
      for await (const one of readSentences(folders.text, 'sentences'))
        if (++at === number) expect(one.line).toBe(line);
    }
  });
});
