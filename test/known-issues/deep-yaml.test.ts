// A recipe of some thousand brackets ended the process inside the YAML reader ("RegExpCompiler Allocation failed"), and
// a line of 400,000 commas took it minutes.
import { describe, expect, it } from 'vitest';
import { parseAssignments, parseRecipe } from '../../src/core/config-text.js';

describe('a recipe', () => {
  it.each(['[', '{', '- ', '? ', '- - ', '{a: ', '[,', ',', '"', '&a ', '*a ', ': ', 'a: \n '])(
    'of 200,000 times %j is refused',
    (part) => {
      for (const text of [part.repeat(200_000), `x: ${part.repeat(200_000)}`, `x:\n  - ${part.repeat(2500)}`])
        expect(() => parseRecipe(text, 'r.yaml')).toThrow(expect.objectContaining({ code: 'config' }));
    },
  );

  it('as people write them is read: nested, long, with brackets in its text', () => {
    const nested = Array.from({ length: 40 }, (_, i) => `${'  '.repeat(i)}k${i}:`).join('\n');
    expect(parseRecipe(`${nested} 1`, 'r.yaml')).toHaveProperty('k0.k1.k2.k3');
    expect(parseRecipe(`x: ${'['.repeat(90)}${']'.repeat(90)}`, 'r.yaml')).toHaveProperty('x');
    expect(parseRecipe(`# ${'-'.repeat(5000)}\nx: "${'[x]'.repeat(3000)}"\n`, 'r.yaml')).toHaveProperty('x');
    expect(parseRecipe(`${'-'.repeat(3)}\nx: 1\n`, 'r.yaml')).toEqual({ x: 1 });
  });

  it('and so is a setting', () => {
    expect(() => parseAssignments([`a=${'['.repeat(5000)}`])).toThrow(expect.objectContaining({ code: 'config' }));
    expect(parseAssignments(['a=[[1]]'])).toEqual({ a: [[1]] });
  });
});
