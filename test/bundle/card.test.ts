// Whether a model's words are shown unasked: by what was measured, else by who made the model.
import { expect, it } from 'vitest';
import { showsWords } from '../../src/bundle/card.js';
import { decodeConfig } from '../../src/decode/config.js';

const words = decodeConfig.parse({ method: 'words' });
const made = (pass: string) => ({ kind: 'network', pass });
const wer = (rate: number) => ({ words: { wer: rate } }) as Parameters<typeof showsWords>[0]['measured'];

it('shows words where at most half of them were wrong, whoever made the model', () => {
  for (const pass of ['start', 'ctc']) {
    expect(showsWords({ decode: words, measured: wer(0.5), model: made(pass) })).toBe(true);
    expect(showsWords({ decode: words, measured: wer(0.51), model: made(pass) })).toBe(false);
  }
});

it('takes words that were not measured for good where self-training made the model', () => {
  expect(showsWords({ decode: words, measured: undefined, model: made('ctc') })).toBe(true);
  expect(showsWords({ decode: words, measured: undefined, model: made('decode') })).toBe(false);
});

it('shows none where there are none', () => {
  expect(showsWords({ decode: decodeConfig.parse({}), measured: wer(0.1), model: made('ctc') })).toBe(false);
});
