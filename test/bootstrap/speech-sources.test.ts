// Sources of labelled speech as a recipe lists them: their shares of a batch, commands as words, what is refused.
import { describe, expect, it } from 'vitest';
import { commandName, commandWords } from '../../src/bootstrap/command-speech.js';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import { cropsByShare, listedSources, sharesOf } from '../../src/bootstrap/speech-sources.js';
import { Rng } from '../../src/core/rng.js';
import { readRecipe } from '../../src/recipe/config.js';
import { temporaryFolder } from '../temporary-folder.js';

const parsed = (sources: readonly object[]) => bootstrapConfig.parse({ sources }).sources!;
const command = 'flite -t {text} -o {wav}';

describe('shares of a batch', () => {
  it('leave to eSpeak NG what the others do not take, and are parts of their sum without it', () => {
    const listed = listedSources(parsed([{ kind: 'command', command, share: 0.5 }, { kind: 'espeak' }]));
    expect(listed.map(({ kind }) => kind)).toEqual(['espeak', 'command']);
    expect(sharesOf(listed)).toEqual([0.5, 0.5]);
    expect(sharesOf(parsed([{ kind: 'espeak' }, { kind: 'folder', dir: 'x' }]))).toEqual([0.75, 0.25]);
    expect(
      sharesOf(
        parsed([
          { kind: 'folder', dir: 'x' },
          { kind: 'command', command, share: 0.75 },
        ]),
      ),
    ).toEqual([0.25, 0.75]);
    expect(sharesOf(listedSources(bootstrapConfig.parse({}).sources))).toEqual([1]);
  });

  it('become whole crops that add up, one at least for each where there are enough', () => {
    expect(cropsByShare(16, [0.75, 0.25])).toEqual([12, 4]);
    expect(cropsByShare(2, [0.75, 0.25])).toEqual([1, 1]);
    expect(cropsByShare(3, [0.75, 0.25])).toEqual([2, 1]);
    expect(cropsByShare(1, [0.75, 0.25])).toEqual([1, 0]);
    const rng = Rng.fromSeed(5);
    for (let n = 0; n < 300; n++) {
      const weights = Array.from({ length: 1 + rng.integer(8) }, () => 0.01 + rng.uniform());
      const all = weights.reduce((a, b) => a + b, 0);
      const crops = rng.integer(40);
      const shares = weights.map((weight) => weight / all);
      const found = cropsByShare(crops, shares);
      expect(found.reduce((a, b) => a + b, 0)).toBe(crops);
      if (crops >= shares.length) expect(Math.min(...found)).toBeGreaterThan(0);
      expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('the list in a recipe', () => {
  it('is refused with shares that leave nothing to eSpeak NG, a source twice, or a key that no source has', () => {
    const whole = { kind: 'folder', dir: 'x', share: 1 };
    expect(() => parsed([{ kind: 'espeak' }, whole])).toThrow(/leave nothing to espeak/);
    expect(() => parsed([{ kind: 'espeak' }, { kind: 'espeak' }])).toThrow(/espeak stands twice/);
    expect(() => parsed([{ kind: 'folder', dir: 'x', langauge: 'de' }])).toThrow(/langauge/);
    expect(() => parsed([{ kind: 'piper' }])).toThrow(/kind/);
    expect(() => parsed([])).toThrow();
  });

  it('runs no command that nobody allowed, whichever command reads the recipe', async () => {
    const folder = await temporaryFolder({
      'mine.yaml':
        'name: x\nlearn: { method: bootstrap, bootstrap: { sources: [{ kind: command, ' +
        `command: "${command}" }] } }\n`,
    });
    const path = `${folder}/mine.yaml`;
    await expect(readRecipe(path, [])).rejects.toThrow(
      /names programs that would run with your rights: flite -t \{text\} -o \{wav\}/,
    );
    expect((await readRecipe(path, [], true)).config.learn.bootstrap.sources).toHaveLength(1);
  });
});

describe('a command', () => {
  it('is words parted by blanks, which quotes hold together; nothing else is special', () => {
    expect(commandWords(`say "a b" 'c "d"' e'f g'h {text} --out={wav}`)).toEqual([
      ...['say', 'a b', 'c "d"', 'ef gh', '{text}', '--out={wav}'],
    ]);
    expect(commandWords('say $HOME; rm * | {wav}')).toEqual(['say', '$HOME;', 'rm', '*', '|', '{wav}']);
    expect(commandName('/opt/piper/piper --output_file {wav}')).toBe('piper');
  });

  it('needs a program, and an argument for the file that it shall write', () => {
    expect(() => commandWords('say {text}')).toThrow(/no argument holds \{wav\}/);
    expect(() => commandWords('{text} {wav}')).toThrow(/first word must be a program/);
    expect(() => commandWords('{wav}')).toThrow(/first word must be a program/);
    expect(() => commandWords(`say "{text} {wav}`)).toThrow(/a " does not end/);
    expect(() => commandWords('   ')).toThrow(/first word must be a program/);
  });
});
