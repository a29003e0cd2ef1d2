// The page of `asr new --page` in a browser: from a folder of sound and a text to a recipe, its check, a run that is
// watched, stopped and continued, and its report; by keyboard. And who may ask for any of it.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as launcher, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { makeCorpus, spokenSentences } from '../audio/corpora.js';
import { violations } from '../report/axe.js';
import { chromium } from '../report/browser.js';
import { asr } from './program.js';
import { listening, type Served } from './served.js';

const shots = process.env['ASR_SCREENSHOTS'];
/** A run of seconds. */
const tiny = {
  'clusters.count': 12,
  'learn.bootstrap.speech.hours': 0.005,
  'learn.bootstrap.speech.voices': 2,
  'learn.bootstrap.network.channels': 8,
  'learn.bootstrap.network.layers': 2,
  'learn.bootstrap.train.epochs': 1,
  'learn.bootstrap.train.crop': 64,
  'learn.bootstrap.adapt.rounds': 0,
  'decode.tune.utterances': 2,
};

const folder = mkdtempSync(join(tmpdir(), 'asr-learn-'));
let served: Served;
let token: string;
beforeAll(async () => {
  await makeCorpus(folder, 'librispeech', 6);
  const text = spokenSentences(['nobody'], 60, 7).map(({ text: line }) => `${line}\n`);
  writeFileSync(join(folder, 'my text.txt'), text.join(''));
  served = await listening(['new', '--page'], { cwd: folder });
  token = new URL(served.url).hash.replace('#token=', '');
});
afterAll(async () => {
  await served.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const ask = (path: string, init: RequestInit = {}, own = token): Promise<Response> =>
  fetch(`http://127.0.0.1:${served.port}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${own}`, ...init.headers },
  });
const post = (path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
  ask(path, { method: 'POST', body: JSON.stringify(body), headers });

describe('who may learn', () => {
  it('nobody without the token, no page of another site, by no other name', async () => {
    expect(token.length).toBeGreaterThan(20);
    expect((await ask('/asr/learn', {}, 'wrong-wrong-wrong')).status).toBe(401);
    expect((await fetch(`http://127.0.0.1:${served.port}/asr/learn`)).status).toBe(401);
    expect((await post('/asr/learn', {}, { origin: 'http://evil.example' })).status).toBe(403);
    const rebound = await new Promise<number | undefined>((resolve) => {
      const headers = { host: 'evil.example', authorization: `Bearer ${token}` };
      request({ host: '127.0.0.1', port: served.port, path: '/asr/learn', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(rebound).toBe(421);
  });

  it('reads no file for anybody, whatever it is called', async () => {
    for (const name of ['..%2F..%2Fetc%2Fpasswd', '../my text', '%2Fetc%2Fpasswd', '.hidden', '-x']) {
      for (const what of ['events', 'check']) expect((await ask(`/asr/learn/${name}/${what}`)).status).toBe(404);
      expect((await post(`/asr/learn/${name}/run`)).status).toBe(404);
    }
    const wish = { name: 'x', language: 'es', audio: 'LibriSpeech', text: 'my text.txt' };
    for (const [field, value] of Object.entries({ name: '../x', audio: '--help', language: '-x', text: '' }))
      expect((await post('/asr/learn', { ...wish, [field]: value })).status).toBe(400);
    const none = await post('/asr/learn', { ...wish, audio: '/nowhere' });
    expect([none.status, await none.text()]).toEqual([400, expect.stringContaining('/nowhere: no such folder')]);
    expect((await ask('/asr/reports/guessed')).status).toBe(404);
    expect(existsSync(join(folder, 'x.yaml'))).toBe(false);
  });

  it('is refused to other machines, and without a token', async () => {
    const open = await asr(['serve', '--learn', folder, '--host', '0.0.0.0'], {
      env: { ...process.env, ASR_SERVE_TOKEN: 'x'.repeat(20) },
    });
    expect([open.code, open.stderr]).toEqual([2, expect.stringContaining('for this machine alone')]);
    const bare = await asr(['serve', '--learn', folder], { env: { ...process.env, ASR_SERVE_TOKEN: '' } });
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('needs a token')]);
  });
});

if (chromium === undefined) process.stderr.write('skipped, not installed: Chromium (apt install chromium)\n');

describe.skipIf(chromium === undefined)('the page of learning', () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await launcher.launch({ executablePath: chromium as string, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(() => browser.close());

  const until = (expression: string, timeout = 120_000): Promise<void> =>
    vi.waitFor(
      async () => {
        if ((await page.evaluate(expression)) !== true)
          throw new Error(`never: ${expression}; ${await page.evaluate<string>('document.body.innerText')}`);
      },
      { timeout, interval: 200 },
    );
  const says = (id: string, text: string): Promise<void> =>
    until(`document.querySelector("#${id}").textContent.includes(${JSON.stringify(text)})`);
  /** In both themes. */
  const breaksNoRule = async (): Promise<void> => {
    const before = complaints.length;
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations((expression) => page.evaluate(expression)), colorScheme).toEqual([]);
    }
    // Of axe itself, which sets styles of its own.
    complaints.length = before;
  };
  const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.id');
  const shot = async (name: string): Promise<void> => {
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  };

  it('writes a recipe from what is typed, by keyboard', async () => {
    await page.goto(served.url);
    await until('document.querySelector("#recipes").options.length === 1');
    expect(await page.evaluate('location.hash')).toBe('');
    await breaksNoRule();
    for (const name of ['Name', 'Language', 'Folder of sound', 'Text, one sentence a line', /^Word list/u])
      expect(await page.getByRole('textbox', { name }).count(), String(name)).toBe(1);
    await page.getByRole('textbox', { name: 'Name' }).focus();
    for (const text of ['tiny', 'es', join(folder, 'LibriSpeech'), join(folder, 'nowhere.txt')]) {
      await page.keyboard.type(text);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await says('error', 'nowhere.txt: no such file');
    expect(await page.getByRole('alert').textContent()).toContain('nowhere.txt');
    // Where it has to be mended: the field is marked, and has the focus.
    expect(await page.getByRole('textbox', { name: /^Text/u }).getAttribute('aria-invalid')).toBe('true');
    expect(await page.evaluate('document.activeElement.name')).toBe('text');
    await page.fill('[name=text]', join(folder, 'my text.txt'));
    await page.focus('[name=text]');
    await page.keyboard.press('Enter');
    await says('status', 'The recipe is written');
    expect(await page.getByRole('status').textContent()).toContain('The recipe is written');
    expect(await page.getByRole('region', { name: /^Commands/u }).textContent()).toContain('asr new es');
    await says('commands', `asr new es --audio ${join(folder, 'LibriSpeech')} --text '${join(folder, 'my text.txt')}'`);
    const recipe = join(folder, 'tiny.yaml');
    const document = parseDocument(readFileSync(recipe, 'utf8'));
    for (const [key, value] of Object.entries(tiny)) document.setIn(key.split('.'), value);
    writeFileSync(recipe, document.toString());
  });

  it('shows what the check finds', { timeout: 240_000 }, async () => {
    expect(await page.evaluate('document.activeElement.id')).toBe('check');
    await page.keyboard.press('Enter');
    await says('status', 'Checked: ');
    expect(await focused()).toBe('check');
    await says('commands', 'asr check tiny.yaml');
    const abouts = await page.locator('#findings th[scope=col] >> nth=1').textContent();
    expect(abouts).toBe('About');
    expect(await page.locator('#findings tbody tr').count()).toBeGreaterThan(8);
    expect(await page.getByRole('table', { name: 'Findings' }).getByRole('rowheader').count()).toBeGreaterThan(8);
    await breaksNoRule();
    await shot('learn-check');
  });

  it(
    'starts the run, stops it, goes on, and shows stages, curves, transcripts and the report',
    { timeout: 400_000 },
    async () => {
      await page.focus('#run');
      await page.keyboard.press('Enter');
      await says('commands', 'asr run tiny.yaml --run runs/tiny');
      await until('document.querySelectorAll("#stages .done").length > 1');
      // The focus went on from the button that ended, the place of the run is said, and a bar tells it.
      expect(await focused()).toBe('stop');
      expect(await page.getByRole('status').textContent()).toMatch(/^tiny is being learned: .+, \d+ of 12 done\.$/u);
      expect(await page.getByRole('progressbar', { name: 'Stages' }).count()).toBe(1);
      await page.keyboard.press('Enter');
      await until('!document.querySelector("#run").disabled');
      expect(await focused()).toBe('run');
      expect((await post('/asr/learn/tiny/stop')).status).toBe(409);
      await page.keyboard.press('Enter');
      await until('document.querySelector("#run").disabled');
      expect((await post('/asr/learn/tiny/run')).status).toBe(409);
      await until('!document.querySelector("#report").disabled && !document.querySelector("#run").disabled', 300_000);
      await says('status', 'Finished.');
      expect(await focused()).toBe('report');
      expect(await page.getByRole('list', { name: 'Stages' }).getByRole('listitem').count()).toBe(12);
      expect(await page.getByRole('group', { name: 'Curves' }).getByRole('img').count()).toBeGreaterThan(0);
      await breaksNoRule();
      expect(await page.locator('#stages .done').count()).toBeGreaterThan(9);
      expect(await page.locator('#curves svg').count()).toBeGreaterThan(0);
      expect(await page.locator('#transcripts tr').count()).toBeGreaterThan(3);
      await shot('learn-run');
      const [opened] = await Promise.all([page.context().waitForEvent('page'), page.click('#report')]);
      await opened.waitForLoadState();
      expect(await opened.title()).toContain('report');
      expect(opened.url()).toContain('/asr/reports/');
      // A page of nobody: what it would ask of the server is refused by its own policy.
      expect(await opened.evaluate('fetch("/asr/learn").then(() => "answered", () => "refused")')).toBe('refused');
      await opened.close();
      expect(complaints.filter((text) => !text.includes('400') && !text.includes('409'))).toEqual([]);
    },
  );

  it('ends the run with the server, and shows it again afterwards', { timeout: 120_000 }, async () => {
    rmSync(join(folder, 'runs', 'tiny', 'learn'), { recursive: true });
    await page.click('#run');
    await until('document.querySelector("#run").disabled');
    expect(await served.stop()).toBe(0);
    served = await listening(['new', '--page'], { cwd: folder, env: { ASR_SERVE_TOKEN: token } });
    const { runs } = (await (await ask('/asr/learn')).json()) as { runs: { name: string; running: boolean }[] };
    expect(runs).toMatchObject([{ name: 'tiny', running: false }]);
    await page.goto(served.url);
    await page.selectOption('#recipes', 'tiny');
    await until('document.querySelectorAll("#stages .done").length > 4');
  });
});
