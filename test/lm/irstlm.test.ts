// Language models against IRSTLM: its file is read to its own perplexities, ours is read by it to ours (where the
// program is installed: apt-get install irstlm), and both estimate nearly the same of one text.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromArpa, toArpa } from '../../src/lm/arpa.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { perplexity } from '../../src/lm/ngram.js';
import { heldOut, lines, text } from './irstlm-text.js';

const split = (lines: readonly string[]): string[][] => lines.map((line) => line.split(' '));
const theirs = fromArpa(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'text', 'irstlm.arpa'), 'utf8'));
const ours = estimateNgram(split(text), { order: 3 });
const programs = '/usr/lib/irstlm/bin';
const installed = existsSync(programs);
const environment = { ...process.env, IRSTLM: '/usr/lib/irstlm' };

describe('IRSTLM', () => {
  it('measures its own model as we do', () => {
    // What compile-lm --eval printed.
    expect(perplexity(theirs, split(text))).toBeCloseTo(7, 2);
    expect(perplexity(theirs, split(heldOut))).toBeCloseTo(31.6, 2);
  });

  it.skipIf(!installed)('measures our model as we do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'asr-irstlm-'));
    try {
      writeFileSync(join(folder, 'ours.arpa'), toArpa(ours));
      // It wants n-grams grouped by their first words, a stricter form than the format asks for.
      execFileSync('perl', [join(programs, 'sort-lm.pl'), '-ilm', 'ours.arpa', '-olm', 'sorted.arpa'], {
        cwd: folder,
        stdio: 'ignore',
      });
      for (const lines of [text, heldOut]) {
        writeFileSync(join(folder, 'text'), lines.map((line) => `<s> ${line} </s>\n`).join(''));
        const output = execFileSync(join(programs, 'compile-lm'), ['sorted.arpa', '--eval=text'], {
          cwd: folder,
          env: environment,
          stdio: ['ignore', 'pipe', 'pipe'],
        }).toString();
        expect(Number(/PP=([\d.]+)/.exec(output)?.[1])).toBeCloseTo(perplexity(ours, split(lines)), 1);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(!installed)('estimates nearly the same probabilities of a text that is large enough for discounts', () => {
    // It counts <s> as a word that is predicted, and has no <unk>: unigrams differ by that, trigrams hardly.
    const folder = mkdtempSync(join(tmpdir(), 'asr-irstlm-'));
    try {
      const large = lines(3, 4000, 5000);
      writeFileSync(join(folder, 'text'), large.map((line) => `<s> ${line} </s>\n`).join(''));
      execFileSync(
        join(programs, 'tlm'),
        ['-tr=text', '-n=3', '-lm=msb', '-bo=no', '-ps=no', '-pts=no', '-oarpa=theirs.arpa'],
        { cwd: folder, env: environment, stdio: 'ignore' },
      );
      const [a, b] = [
        estimateNgram(split(large), { order: 3 }),
        fromArpa(readFileSync(join(folder, 'theirs.arpa'), 'utf8')),
      ];
      const differences = split(large)
        .flatMap((words) =>
          words
            .slice(2)
            .map((word, i) =>
              Math.abs(a.logProb10(words.slice(i, i + 2), word) - b.logProb10(words.slice(i, i + 2), word)),
            ),
        )
        .sort((x, y) => x - y);
      expect(differences.length).toBeGreaterThan(10_000);
      expect(differences[Math.floor(differences.length / 2)]!).toBeLessThan(0.005);
      expect(differences[Math.floor(differences.length * 0.99)]!).toBeLessThan(0.05);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
