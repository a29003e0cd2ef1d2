// The regression suite as its user runs it: first night, the same again, worse, blessed, over budget, skipped, failed,
// killed. Recipes are tiny runs of the demo.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { History } from '../../src/regress/history.js';
import { loadSuite } from '../../src/regress/suite.js';
import { violations } from '../report/axe.js';
import { Browser, chromium } from '../report/browser.js';
import { asr, projectFolder, type Outcome } from './program.js';

const tiny =
  '{ corpus.minutes: 2, text.maxSentences: 500, clusters.count: 40, ' +
  'learn.matching.steps: 150, learn.matching.restarts: 2, ' +
  'learn.cycle.rounds: 0, learn.cycle.starts: 1, decode.method: greedy, selftrain.method: none }';
const suiteText = (more: string): string =>
  `name: test\nrecipes:\n  - { recipe: demo-es, name: tiny, minutes: 30, seeds: [1], calibrate: 0, set: ${tiny} }\n` +
  more;
let folder = '';

const regress = (args: readonly string[]): Promise<Outcome> =>
  asr(
    [
      'regress',
      ...args,
      '--history',
      join(folder, 'history.sqlite'),
      '--work',
      join(folder, 'work'),
      '--corpora',
      folder,
    ],
    { cwd: folder },
  );
const suite = async (more = ''): Promise<string> => {
  const path = join(folder, 'suite.yaml');
  await writeFile(path, suiteText(more));
  return path;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asr-regress-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('asr regress', () => {
  it('plans and runs a first night', async () => {
    const path = await suite('  - { recipe: kerstin-de, minutes: 1, data: absent }\n');
    const plan = await regress([path, '--dry-run']);
    expect(plan.stdout).toMatch(/^tiny: would run seed 1; budget 30 minutes; no reference yet$/mu);
    expect(plan.stdout).toMatch(/^kerstin-de: would be skipped: no corpus at .*absent/mu);
    const first = await regress([path, '--page', join(folder, 'trend.html')]);
    expect(first.stderr + first.stdout).toMatch(
      /^tiny: first result, PER \d+\.\d % \(mean of 1 seed\): it is the reference from now on$/mu,
    );
    expect(first.stdout).toMatch(/^kerstin-de: skipped: its corpus "absent" is not there/mu);
    expect(first.code).toBe(0);
    const [night] = await (await History.open(join(folder, 'history.sqlite'))).nights();
    expect(night?.results).toHaveLength(1);
    for (const result of night!.results) {
      expect(result).toMatchObject({ status: 'ok', wer: null });
      expect(result.per).toBeGreaterThan(0.1);
      expect(result.metric).toBeGreaterThan(1);
      expect(result.memory).toBeGreaterThan(50);
      if (process.platform === 'linux') expect(result.cpu).toBeGreaterThan(1);
    }
    expect(night).toMatchObject({ suite: 'test', measure: 'per', machine: expect.stringContaining('cores') });
    expect(await readFile(join(folder, 'trend.html'), 'utf8')).toContain('<h2 id="recipe-0-title">tiny</h2>');
  });

  it('gets the same again, fails with a line when that is worse, until it is accepted', async () => {
    // A reference that this program cannot reach: what a better one would have left.
    const path = await suite();
    const {
      entries: [entry],
    } = await loadSuite(path);
    const history = await History.open(join(folder, 'history.sqlite'));
    const id = await history.startNight({
      suite: 'test',
      name: 'tiny',
      series: entry!.series,
      measure: 'per',
      settings: {},
      started: new Date().toISOString(),
      environment: { versions: {}, commit: '0123456789', dirty: false, machine: 'another', load: 0 },
    });
    for (const [i, per] of [0.1, 0.102, 0.098, 0.101].entries())
      await history.addResult(id, {
        seed: 11 + i,
        status: 'ok',
        reason: '',
        per,
        wer: null,
        cer: null,
        metric: 8,
        guess: 0.88,
        wall: 1,
        cpu: 1,
        memory: 1,
      });
    await history.endNight(id, {
      verdict: 'improved',
      reason: 'made by hand',
      value: 0.10025,
      tolerance: null,
      noise: null,
      degrees: null,
      reference: null,
    });
    const worse = await regress([path]);
    expect(worse.code).toBe(20);
    expect(worse.stdout).toMatch(
      /^tiny: worse: PER \d+\.\d % \(mean of 1 seed\), \d+\.\d points above the reference 10\.0 % of .*, commit 0123/u,
    );
    expect(worse.stdout).toMatch(
      /; tolerance \d+\.\d points from a seed noise of \d+\.\d points, 3 degrees of freedom\n$/u,
    );
    const nights = await history.nights();
    expect(nights.at(-1)?.results.map(({ per, metric }) => ({ per, metric }))).toEqual(
      nights[0]?.results.map(({ per, metric }) => ({ per, metric })),
    );
    const blessed = await regress([path, '--bless', '--note', 'a smaller model']);
    expect(blessed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^tiny: blessed \d+\.\d % of .*; it is the reference from now on\n$/u),
    });
    expect((await regress([path, '--dry-run'])).stdout).toMatch(/reference [^1]\d\.\d %/u);
    expect((await regress(['--page', join(folder, 'trend.html')])).code).toBe(0);
    expect(await readFile(join(folder, 'trend.html'), 'utf8')).toContain('blessed: a smaller model');
  });

  it('stops what is over its budget, and says where it was', async () => {
    const path = join(folder, 'budget.yaml');
    await writeFile(path, `name: test\nrecipes:\n  - { recipe: demo-es, name: slow, minutes: 0.05, seeds: [1] }\n`);
    const outcome = await regress([path]);
    expect(outcome.stdout).toMatch(/^slow: seed 1 was stopped in stage .*: its budget of 0\.05 minutes is used up\n$/u);
    expect(outcome.code).toBe(23);
    expect((await regress([path, '--bless'])).stderr).toMatch(/left nothing to accept/u);
  });

  it('tells a failed run and a missing error rate apart', async () => {
    const path = join(folder, 'bad.yaml');
    await writeFile(join(folder, 'empty.txt'), '');
    await writeFile(
      path,
      'name: test\nrecipes:\n  - { recipe: demo-es, name: no-references, minutes: 10, seeds: [1], calibrate: 0, ' +
        `set: { score.references: "", ${tiny.slice(2)} }\n  - { recipe: demo-es, name: broken, minutes: 5, set: { ` +
        'corpus.minutes: 0.1, text.file: absent.txt } }\n',
    );
    const outcome = await regress([path]);
    expect(outcome.stdout).toMatch(/^no-references: seed 1 left no PER: the recipe has no references/mu);
    expect(outcome.stdout).toMatch(/^broken: seed 1: asr run ended with exit code \d: .*absent\.txt/mu);
    expect(outcome.code).toBe(22);
  });

  it('says what is wrong before it runs anything', async () => {
    expect(await regress([])).toMatchObject({ code: 2, stderr: expect.stringContaining('no suite is given') });
    expect(await regress([join(folder, 'none.yaml')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such suite'),
    });
    expect(await regress([await suite(), '--only', 'tinny'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean "tiny"?'),
    });
  });

  it('loses no result to a kill', async () => {
    const path = join(folder, 'killed.sqlite');
    const module = pathToFileURL(join(projectFolder, 'dist', 'src', 'regress', 'history.js')).href;
    const night =
      "{ suite: 's', name: 'n', series: 'x', measure: 'per', settings: {}, started: new Date().toISOString(), " +
      "environment: { versions: {}, commit: null, dirty: false, machine: 'm', load: 0 } }";
    let acknowledged = 0;
    for (let kill = 0; kill < 10; kill++) {
      const child = spawn(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { History } from '${module}'; const h = await History.open(${JSON.stringify(path)}); for (;;) { ` +
            `await h.startNight(${night}); process.stdout.write('.'); }`,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let dots = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        dots += chunk.length;
        if (dots >= 5) setTimeout(() => child.kill('SIGKILL'), 7 * kill);
      });
      await new Promise((resolve) => child.once('close', resolve));
      acknowledged += dots;
      const { length } = await (await History.open(path)).nights();
      // One may have been renamed without its dot having been seen.
      expect(length - acknowledged).toBeGreaterThanOrEqual(0);
      expect(length - acknowledged).toBeLessThanOrEqual(kill + 1);
    }
  });
});

describe.skipIf(chromium === undefined)('the page of trends, in a browser', () => {
  it.each([1280, 390])('draws without a complaint at %i px', async (width) => {
    const browser = await Browser.launch();
    try {
      for (const scheme of ['light', 'dark'] as const) {
        await browser.open(join(folder, 'trend.html'), { width, height: 900, scheme });
        expect(await browser.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        expect(
          await browser.evaluate<string[]>(`[...document.querySelectorAll('canvas')].filter((c) => {
          const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
          return pixels.every((p) => p === pixels[0]);
        }).map((c) => c.id)`),
        ).toEqual([]);
        expect(await violations((expression) => browser.evaluate(expression))).toEqual([]);
      }
      expect(await browser.evaluate<number>(`document.querySelectorAll('canvas').length`)).toBeGreaterThanOrEqual(3);
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
