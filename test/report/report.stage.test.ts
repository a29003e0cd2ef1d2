// The report of a small real run, with references and without: as a file, and in a browser where there is one.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.js';
import { listRuns } from '../../src/recipe/list-runs.js';
import { makePlan } from '../../src/recipe/plan.js';
import { reportOfRun } from '../../src/recipe/report-run.js';
import { runPlan } from '../../src/recipe/run.js';
import { violations } from './axe.js';
import { Browser, chromium, type View } from './browser.js';

const small = [
  'corpus.minutes=1',
  'clusters.count=32',
  'learn.matching.steps=60',
  'learn.matching.restarts=2',
  'learn.cycle.rounds=0',
  'learn.cycle.starts=1',
];
/** No name of a folder may become part of the page's markup. */
const name = 'a <b>"bold" & run';
let folder: string;
let scored: string;
let blind: string;
const pages: { scored: string; blind: string } = { scored: '', blind: '' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asr-report-'));
  scored = join(folder, 'runs', name);
  await runPlan(await makePlan({ recipe: 'demo-es', run: scored, set: small }), silentLog);
  pages.scored = await readFile(await reportOfRun(scored, silentLog), 'utf8');
  blind = join(folder, 'runs', 'blind');
  await cp(scored, blind, { recursive: true });
  await runPlan(
    await makePlan({
      recipe: 'demo-es',
      run: blind,
      set: [...small, "score.references=''", 'report.worst=2', 'report.median=1'],
    }),
    silentLog,
  );
  pages.blind = await readFile(join(blind, 'report', 'report.html'), 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const all = (page: string, pattern: RegExp): string[] => [...page.matchAll(pattern)].map((match) => match[1] as string);
const markup = (page: string): string => page.replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>/gu, '');

describe.each(['scored', 'blind'] as const)('the page of a %s run', (kind) => {
  it('is one file of less than 5 MB that names nothing outside itself', () => {
    expect(Buffer.byteLength(pages[kind])).toBeLessThan(5_000_000);
    for (const address of all(markup(pages[kind]), /\s(?:src|href|action|poster|data)="([^"]*)"/gu))
      expect(address.slice(0, 20)).toMatch(/^(#|data:)/u);
    expect(pages[kind]).not.toMatch(/<(link|script)[^>]*\s(src|href)="(?!data:)/u);
    expect(pages[kind]).not.toMatch(/@import|url\(/u);
  });

  it('has landmarks, headings without gaps, and links that lead somewhere', () => {
    const text = markup(pages[kind]);
    for (const landmark of ['<header', '<nav', '<main', '<footer', '<html lang="en"'])
      expect(text.includes(landmark), landmark).toBe(true);
    const levels = all(text, /<h([1-6])/gu).map(Number);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
    const ids = all(text, /\sid="([^"]+)"/gu);
    expect(new Set(ids).size).toBe(ids.length);
    for (const target of [...all(text, /href="#([^"]+)"/gu), ...all(text, /aria-labelledby="([^"]+)"/gu)])
      expect(ids).toContain(target);
  });

  it('says in words and tables what its drawings show', () => {
    const text = markup(pages[kind]);
    const canvases = all(text, /(<canvas[^>]*>)/gu);
    expect(canvases.length).toBeGreaterThan(5);
    for (const canvas of canvases) expect(canvas).toMatch(/role="img" aria-label="[^"]{20,}"/u);
    for (const audio of all(text, /(<audio[^>]*)src=/gu)) expect(audio).toContain('controls');
    for (const table of all(text, /(<table[\s\S]*?<\/table>)/gu))
      expect(table).toMatch(/<caption[\s\S]*<th scope="col"/u);
    for (const figure of all(text, /(<figure[\s\S]*?<\/figure>)/gu)) expect(figure).toContain('<table');
  });

  it('shows every run, every stage, keys and config', async () => {
    const text = markup(pages[kind]);
    const runs = (await readFile(join(kind === 'scored' ? scored : blind, 'learn', 'runs.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string });
    expect(runs.length).toBeGreaterThanOrEqual(2);
    for (const run of runs)
      expect(text.includes(`<th scope="row" >${run.name}`), `<th scope="row" >${run.name}`).toBe(true);
    for (const stage of [
      'corpus',
      'audio',
      'vad',
      'features',
      'text',
      'segments',
      'clusters',
      'learn',
      'decode',
      'selftrain',
      'score',
      'bundle',
    ])
      expect(text.includes(`<th scope="row" >${stage}</th>`), `<th scope="row" >${stage}</th>`).toBe(true);
    const record = JSON.parse(await readFile(join(scored, 'learn', 'stage.json'), 'utf8')) as { key: string };
    expect(text.includes(record.key), record.key).toBe(true);
    expect(text).toMatch(/steps: 60/u);
  });
});

describe('with references', () => {
  it('shows the error rate that score found, and errors by phone that add up to it', async () => {
    const score = JSON.parse(await readFile(join(scored, 'score', 'score.json'), 'utf8')) as {
      per: number;
      errors: number;
      substitutions: number;
    };
    expect(
      pages.scored.includes(`<strong>${(score.per * 100).toFixed(1)} %</strong>`),
      `<strong>${(score.per * 100).toFixed(1)} %</strong>`,
    ).toBe(true);
    const data = JSON.parse(/id="report-data">(.*?)<\/script>/su.exec(pages.scored)?.[1] ?? '') as {
      errors: Record<'substituted' | 'deleted' | 'inserted', number>[];
    };
    expect(data.errors.reduce((sum, row) => sum + row.substituted + row.deleted + row.inserted, 0)).toBe(score.errors);
    expect(data.errors.reduce((sum, row) => sum + row.substituted, 0)).toBe(score.substitutions);
    expect(pages.scored.includes('Confusion matrix'), 'Confusion matrix').toBe(true);
    expect(pages.scored.includes('class="alignment"'), 'class="alignment"').toBe(true);
  });

  it('shows the error rate of every run beside its metric, and what the choice cost', async () => {
    const { choice } = JSON.parse(await readFile(join(scored, 'score', 'score.json'), 'utf8')) as {
      choice: { runs: number; regret: number; best: { per: number } };
    };
    const lines = (await readFile(join(scored, 'score', 'runs.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; per: number });
    expect(choice.runs).toBe(lines.length);
    expect(choice.best.per).toBe(Math.min(...lines.map(({ per }) => per)));
    const section = /id="chart-choice"[\s\S]*?<\/figure>/u.exec(pages.scored)?.[0] ?? '';
    for (const { name: run, per } of lines)
      expect(section).toMatch(
        new RegExp(`<th scope="row" >${run}</th>.*<td class="number">${(per * 100).toFixed(1)} %</td>`, 'u'),
      );
    expect(pages.scored.includes(`cost ${(choice.regret * 100).toFixed(1)} points`), 'regret').toBe(true);
    expect(pages.blind.includes('chart-choice"')).toBe(false);
  });

  it('escapes the name of the run', () => {
    expect(
      pages.scored.includes('<h1>a &lt;b&gt;&quot;bold&quot; &amp; run</h1>'),
      '<h1>a &lt;b&gt;&quot;bold&quot; &amp; run</h1>',
    ).toBe(true);
  });
});

describe('without references', () => {
  it('gives no error rate, and utterances at random', () => {
    expect(pages.blind.includes('not known'), 'not known').toBe(true);
    expect(pages.blind.includes('Confusion matrix')).toBe(false);
    expect(pages.blind.includes('<h3>At random</h3>'), '<h3>At random</h3>').toBe(true);
    expect(all(pages.blind, /(<audio)/gu)).toHaveLength(3);
  });
});

describe('runs and reports that are there already', () => {
  it('lists them with metric, error rate, time and size', async () => {
    const [byName, unscored] = [await listRuns(join(folder, 'runs')), (await listRuns(blind))[0]];
    expect(byName.map((run) => run.name)).toEqual([name, 'blind'].sort());
    expect(byName.find((run) => run.name === name)).toMatchObject({ state: 'finished', next: null });
    expect(byName.find((run) => run.name === name)?.per).toBeGreaterThan(0);
    expect(unscored).toMatchObject({ name: 'blind', per: null });
    expect(unscored?.metric).toBeGreaterThan(1);
    expect(unscored?.bytes).toBeGreaterThan(1e6);
  });

  it('makes the page again where it is gone, to the same bytes', async () => {
    await rm(join(scored, 'report'), { recursive: true });
    expect((await listRuns(scored))[0]).toMatchObject({ state: 'unfinished', next: 'report' });
    expect(await readFile(await reportOfRun(scored, silentLog), 'utf8')).toBe(pages.scored);
  });

  it('says what is wrong with a folder that is no run, and lists a damaged one', async () => {
    await expect(reportOfRun(folder, silentLog)).rejects.toThrow(/no run/u);
    const damaged = join(folder, 'damaged');
    await mkdir(join(damaged, 'audio'), { recursive: true });
    await writeFile(join(damaged, 'config.yaml'), 'name: x\n');
    await writeFile(join(damaged, 'audio', 'stage.json'), '{');
    expect((await listRuns(damaged))[0]).toMatchObject({ state: 'damaged' });
  });
});

const views: View[] = [1280, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((scheme) => ({ width, height: 900, scheme })),
);
if (chromium === undefined) console.warn('report: no Chromium here, the page is not opened in a browser');

describe.skipIf(chromium === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.launch();
  });
  afterAll(() => browser.close());

  it.each(views)('draws everything without a complaint at $width px, $scheme', async (view) => {
    for (const [kind, run] of [
      ['scored', scored],
      ['blind', blind],
    ] as const) {
      await browser.open(join(run, 'report', 'report.html'), view);
      expect(await browser.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(view.width);
      // A canvas on which all pixels are equal was not drawn on.
      const blank = await browser.evaluate<string[]>(`(async () => {
        for (let y = 0; y < document.body.scrollHeight; y += 600) {
          scrollTo({ top: y, behavior: 'instant' });
          await new Promise((r) => setTimeout(r, 60));
        }
        return [...document.querySelectorAll('canvas')].filter((c) => {
          const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
          return pixels.every((p) => p === pixels[0]);
        }).map((c) => c.id);
      })()`);
      expect(blank).toEqual([]);
      const unnamed = await browser.evaluate<string[]>(
        "[...document.querySelectorAll('a, summary, audio, [tabindex]')].filter((e) => !(e.textContent.trim() || " +
          'e.ariaLabel)).map((e) => e.outerHTML.slice(0, 80))',
      );
      expect(unnamed).toEqual([]);
      expect(await violations((expression) => browser.evaluate(expression))).toEqual([]);
      const shots = process.env['REPORT_SCREENSHOTS'];
      const shot = await browser.screenshot(true);
      expect(shot.length).toBeGreaterThan(50_000);
      if (shots !== undefined) await writeFile(join(shots, `${kind}-${view.width}-${view.scheme}.png`), shot);
    }
    expect(browser.complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has text that stands out from its ground, %s', async (scheme) => {
    await browser.open(join(scored, 'report', 'report.html'), { width: 1280, height: 900, scheme });
    // WCAG 2.2, relative luminance and contrast ratio.
    const ratios = await browser.evaluate<Record<string, number>>(`(() => {
      const luminance = (hex) => [1, 3, 5]
        .map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const of = (name) => luminance(report.colour(name));
      const ratio = (a, b) => (Math.max(of(a), of(b)) + 0.05) / (Math.min(of(a), of(b)) + 0.05);
      return Object.fromEntries(['ink', 'soft', 'accent', 'bad'].map((name) => [name, ratio(name, 'paper')]));
    })()`);
    for (const [colour, ratio] of Object.entries(ratios)) expect(ratio, colour).toBeGreaterThanOrEqual(4.5);
  });

  it('can be used by keyboard, and plays', async () => {
    await browser.open(join(scored, 'report', 'report.html'), { width: 1280, height: 900, scheme: 'light' });
    await browser.press('Tab');
    expect(await browser.evaluate('document.activeElement.textContent')).toBe('Skip to the results');
    await browser.press('Tab');
    expect(await browser.evaluate('document.activeElement.getAttribute("href")')).toBe('#choice');
    const heard = await browser.evaluate<{ duration: number; seconds: number }>(`(async () => {
      const audio = document.getElementById('audio-0');
      if (audio.readyState === 0) await new Promise((resolve, reject) => {
        audio.onloadedmetadata = resolve;
        audio.onerror = () => reject(new Error('no sound'));
      });
      return { duration: audio.duration, seconds: report.data.sounds[0].seconds };
    })()`);
    expect(heard.duration).toBeCloseTo(heard.seconds, 2);
    expect(heard.seconds).toBeGreaterThan(0.5);
  });
});
