// Several runs on one page: what each chose, and its curve in the colour that the table names.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { amount } from '../../src/core/readable.js';
import { writeClimbPage } from '../../src/report/climb-page.js';
import { writeRunsPage } from '../../src/report/runs-page.js';
import { temporaryFolder } from '../temporary-folder.js';
import { violations } from './axe.js';
import { Browser, chromium } from './browser.js';

const line = (values: object): string => `${JSON.stringify(values)}\n`;

async function run(root: string, name: string, metric: number, losses: readonly number[]): Promise<string> {
  const folder = join(root, name);
  const trained = join(folder, 'learn', 'runs', `matching-${name}`);
  await mkdir(trained, { recursive: true });
  await mkdir(join(folder, 'text'));
  await writeFile(join(folder, 'text', 'stats.json'), line({ heldOutPerplexity: 6 }));
  const record = {
    ...{ name: `matching-${name}`, method: 'matching', seed: '7', loss: 1, metric, perplexity: 8, vocabularySeen: 1 },
    ...{ logLengthRatio: 0, topShare: 0.1, logProb10: -1, state: 'ok', reason: '', chosen: true },
  };
  await writeFile(join(folder, 'learn', 'runs.jsonl'), line(record));
  await writeFile(join(trained, 'metrics.jsonl'), losses.map((loss, step) => line({ step, loss })).join(''));
  return folder;
}

it('shows numbers side by side and curves over each other', async () => {
  const root = await temporaryFolder();
  const runs = [
    { name: 'one', folder: await run(root, 'one', 9.5, [4, 3, 2]) },
    { name: 'two', folder: await run(root, 'two', 12.25, [4, 3.5]) },
  ];
  const path = join(root, 'runs.html');
  await writeRunsPage(path, runs);
  const page = await readFile(path, 'utf8');
  for (const text of [amount(9.5), amount(12.25), 'matching, seed 7']) expect(page.includes(text), text).toBe(true);
  const lines = [...page.matchAll(/<polyline\s+points="([^"]+)"[^>]*stroke="([^"]+)"/gu)];
  expect(lines.map(([, points]) => points!.split(' ').length)).toEqual([3, 2]);
  const colours = lines.map(([, , colour]) => colour!);
  expect(new Set(colours).size).toBe(2);
  for (const colour of colours) expect(page.includes(`fill="${colour}"`)).toBe(true);
  // The same scale for both: the first of the shorter curve stands where the first of the longer does.
  expect(lines[1]![1]!.split(' ')[0]).toBe(lines[0]![1]!.split(' ')[0]);
});

it('names a run that is not finished', async () => {
  const root = await temporaryFolder();
  await expect(writeRunsPage(join(root, 'x.html'), [{ name: 'none', folder: join(root, 'none') }])).rejects.toThrow(
    /none.learn.runs\.jsonl/u,
  );
});

describe.skipIf(chromium === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.launch();
  });
  afterAll(() => browser.close());

  it.each(['light', 'dark'] as const)('breaks no rule of axe, %s', async (scheme) => {
    const root = await temporaryFolder();
    const runs = [
      { name: 'one', folder: await run(root, 'one', 9.5, [4, 3, 2]) },
      { name: 'two', folder: await run(root, 'two', 12.25, [4, 3.5]) },
    ];
    await writeRunsPage(join(root, 'runs.html'), runs);
    const tries = runs.map(({ name, folder }, i) => ({
      values: [String(8 << i)],
      folder,
      run: { name: `matching-${name}`, metric: 9 + i },
      best: i === 0,
    }));
    await writeClimbPage(join(root, 'climb.html'), 'a recipe', ['clusters.count'], tries);
    for (const page of ['runs.html', 'climb.html']) {
      await browser.open(join(root, page), { width: 1280, height: 900, scheme });
      expect(await violations((expression) => browser.evaluate(expression)), page).toEqual([]);
    }
    expect(browser.complaints).toEqual([]);
  });
});
