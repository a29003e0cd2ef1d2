// Patterns that look again and again at one run of characters take time by the square of a line's length: minutes for a
// megabyte. Every pattern of the program is tried on texts made for it, and its steps counted on their doubles.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { worstGrowth } from '../pattern-steps.js';

const root = fileURLToPath(new URL('../../src', import.meta.url));

/** source/flags of every literal, with the files that it stands in. */
function patterns(): Map<string, { source: string; flags: string; files: Set<string> }> {
  const found = new Map<string, { source: string; flags: string; files: Set<string> }>();
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf('/');
        const [source, flags] = [node.text.slice(1, end), node.text.slice(end + 1)];
        const known = found.get(node.text) ?? { source, flags, files: new Set<string>() };
        known.files.add(file);
        found.set(node.text, known);
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest));
  }
  return found;
}

describe('the count of steps', () => {
  it.each<[string, string, number]>([
    ['a+b', 'g', 4],
    ['\\s+$', '', 4],
    ['^(\\S+)\\s+(.*?)\\s*$', 'u', 4],
    ['<T [^>]*>', 'g', 4],
    ['\\S', 'u', 1],
    ['^\\s+', '', 2],
    ['\\s+', 'gu', 2],
    ['^\\d+(?:\\.\\d+)?$', '', 2],
  ])('of %s grows by the power that it has', (source, flags, power) => {
    const { growth } = worstGrowth(source, flags, 64);
    expect(growth).toBeGreaterThan(0.8 * power);
    expect(growth).toBeLessThan(1.2 * power);
  });

  it('of nested loops has no end', () => {
    expect(worstGrowth('^(?:a+)+$', '', 64).growth).toBe(Infinity);
  });
});

it('no pattern takes time by the square of a text', { timeout: 300_000 }, () => {
  const all = patterns();
  expect(all.size).toBeGreaterThan(150);
  const slow: Record<string, unknown> = {};
  for (const [text, { source, flags, files }] of all) {
    const { growth, text: worst } = worstGrowth(source, flags, 64);
    if (growth > 3) slow[text] = { growth, worst, files: [...files].sort() };
  }
  expect(slow).toEqual({});
});
