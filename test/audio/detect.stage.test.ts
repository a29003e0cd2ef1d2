// Which layout a folder has, seen from the corpus itself and from a folder above it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectLayout } from '../../src/audio/detect.js';
import { temporaryFolder } from '../temporary-folder.js';
import { makeCorpus, type layouts } from './corpora.js';

describe('detectLayout', () => {
  it.each([
    ['librispeech', 'librispeech', 'LibriSpeech'],
    ['mls', 'mls', 'mls'],
    ['timit', 'timit', 'TIMIT'],
    ['commonvoice', 'commonvoice', 'cv/es'],
    ['ljspeech', 'ljspeech', 'LJSpeech-1.1'],
    ['voxforge', 'voxforge', 'vox'],
    ['kaldi', 'kaldi', 'egs/data'],
    ['lhotse', 'lhotse', 'lhotse'],
    ['mboshi', 'mboshi', 'mboshi'],
    ['kerstin', 'ljspeech', 'kerstin'],
  ] as [keyof typeof layouts, string, string][])('%s', async (corpus, layout, dir) => {
    const folder = await temporaryFolder();
    await makeCorpus(folder, corpus, 1);
    expect(detectLayout(folder)).toMatchObject({ layout, dir });
    expect(detectLayout(join(folder, dir))).toMatchObject({ layout, dir: '.' });
  });

  it('takes one Kaldi folder for the corpus itself, plain sound for a folder, and nothing for nothing', async () => {
    const folder = await temporaryFolder();
    await makeCorpus(folder, 'kaldi', 1);
    expect(detectLayout(join(folder, 'egs/data/train'))).toMatchObject({ layout: 'kaldi', dir: '.' });
    await mkdir(join(folder, 'plain', 'anna'), { recursive: true });
    expect(detectLayout(join(folder, 'plain'))).toBeUndefined();
    await writeFile(join(folder, 'plain', 'anna', 'a.mp3'), '');
    expect(detectLayout(join(folder, 'plain'))).toEqual({
      layout: 'folder',
      dir: '.',
      because: 'sound files such as anna/a.mp3',
    });
    expect(detectLayout(join(folder, 'nowhere'))).toBeUndefined();
  });
});
