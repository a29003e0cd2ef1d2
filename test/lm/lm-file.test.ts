// The binary form: what goes in comes out, and damage of any kind is told.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toArpa } from '../../src/lm/arpa.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { decodeLm, encodeLm, readLm, writeLm } from '../../src/lm/lm-file.js';
import { writeModel } from '../../src/lm/lm-text.js';

const model = estimateNgram(
  ['a b c a', 'b ñ a', 'c a b', 'a', ''].map((line) => line.split(' ').filter((word) => word !== '')),
  { order: 3 },
);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asr-lm-file-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('binary language models', () => {
  it('scores as the model it was made from, to float32', async () => {
    await writeLm(join(folder, 'lm.bin'), model);
    const again = await readLm(join(folder, 'lm.bin'));
    expect(again.order).toBe(3);
    expect(again.symbols).toEqual(model.symbols);
    for (const line of ['a b c', 'ñ ñ', '', 'zzz a b']) {
      const words = line.split(' ').filter((word) => word !== '');
      expect(again.scoreSentence(words)).toBeCloseTo(model.scoreSentence(words), 5);
    }
    expect(encodeLm(again)).toEqual(encodeLm(model));
  });

  it('is told from ARPA by its first bytes, not by its name', async () => {
    await writeFile(join(folder, 'lm.arpa'), toArpa(model));
    expect((await readLm(join(folder, 'lm.arpa'))).scoreSentence(['a'])).toBeCloseTo(model.scoreSentence(['a']), 5);
  });

  it('is written and read as packed ARPA by its ending, and damage is told', async () => {
    const path = join(folder, 'lm.arpa.gz');
    await writeModel(model, path);
    const bytes = await readFile(path);
    expect([...bytes.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    expect((await readLm(path)).scoreSentence(['a', 'b'])).toBeCloseTo(model.scoreSentence(['a', 'b']), 5);
    for (const damaged of [
      bytes.subarray(0, bytes.length - 20),
      Buffer.from(bytes).fill(7, 40, 60),
      Buffer.from(toArpa(model)),
    ]) {
      await writeFile(path, damaged);
      await expect(readLm(path)).rejects.toMatchObject({
        code: 'input',
        message: expect.stringMatching(/lm\.arpa\.gz: damaged gzip file/),
      });
    }
  });

  it('loads from memory that is not aligned', () => {
    const bytes = encodeLm(model);
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    expect(decodeLm(shifted, 'x').scoreSentence(['a', 'b'])).toBeCloseTo(model.scoreSentence(['a', 'b']), 5);
  });

  it('refuses every flipped bit, and what is cut short or of another kind', () => {
    const bytes = encodeLm(model);
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      expect(() => decodeLm(damaged, 'lm.bin'), `byte ${at}`).toThrow(/lm\.bin: /);
    }
    expect(() => decodeLm(bytes.subarray(0, bytes.length - 8), 'lm.bin')).toThrow(/bytes, expected/);
    expect(() => decodeLm(Buffer.from('hello'), 'lm.bin')).toThrow(/does not begin as one/);
  });
});
