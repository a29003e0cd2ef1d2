// README.md: its example is the tested one, its table names every kernel.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernels } from '../src/index.js';
import { linearRegression, secondDerivative } from './example.js';

const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('README.md', () => {
  it('shows the example that runs here', async () => {
    const source = readFileSync(new URL('./example.ts', import.meta.url), 'utf8');
    expect(page).toContain(source.slice(source.indexOf('/** Fits')).trimEnd());
    const { w, b, loss } = await linearRegression();
    expect(w).toBeCloseTo(3, 3);
    expect(b).toBeCloseTo(-1, 3);
    expect(loss).toBeLessThan(1e-6);
    expect(await secondDerivative([1, -2])).toEqual({ first: [3, 12], second: [6, -12] });
  });

  it('names every kernel in its table', () => {
    const table = page.slice(page.indexOf('## Kernels'), page.indexOf('## Adding a kernel'));
    for (const name of Object.keys(kernels)) expect(table).toContain(`\`${name}\``);
  });
});
