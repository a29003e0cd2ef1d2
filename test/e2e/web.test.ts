// `asr export --web` as its readers meet it: a folder on a file server that knows nothing, in headless Chromium. What
// the page hears is what `asr transcribe` hears, nothing but its own files is asked for, and what cannot go is
// refused.
import { createServer, type Server } from 'node:http';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { chromium as launcher, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Transcript } from '../../src/transcribe/transcript.js';
import { wavBytes } from '../audio/signals.js';
import { violations } from '../report/axe.js';
import { chromium } from '../report/browser.js';
import { babble, makeSmallModel, type SmallModelOptions } from '../transcribe/small-model.js';
import { asr } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-web-'));
const at = (name: string): string => join(folder, name);
if (chromium === undefined) process.stderr.write('skipped, not installed: Chromium (apt install chromium)\n');

let browser: Browser;
let page: Page;
let server: Server;
let base: string;
/** What was asked for, and what the page complained of. */
let asked: string[] = [];
let complaints: string[] = [];

beforeAll(async () => {
  const half = babble(4, 3);
  const samples = new Float32Array(9 * 16_000);
  samples.set(half);
  samples.set(babble(4, 10), 5 * 16_000);
  writeFileSync(at('talk.wav'), wavBytes([samples], 16_000, 's16'));
  // Another rate and two channels, which the page has to mix and resample as the program does.
  const stereo = Float32Array.from(samples, (value) => value / 2);
  writeFileSync(at('stereo.wav'), wavBytes([samples, stereo], 22_050, 's16'));
  writeFileSync(at('noise.wav'), Buffer.from('this is no sound at all'));
  if (chromium === undefined) return;
  const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    asked.push(path);
    const file = join(folder, normalize(path), path.endsWith('/') ? 'index.html' : '');
    const there = existsSync(file) && statSync(file).isFile();
    response.writeHead(there ? 200 : 404, {
      'content-type': types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    });
    response.end(there ? readFileSync(file) : '');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  browser = await launcher.launch({
    executablePath: chromium,
    args: [
      ...options,
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${at('talk.wav')}`,
    ],
  });
});
afterEach(async () => {
  await page?.close();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function exported(name: string, options: SmallModelOptions): Promise<void> {
  await makeSmallModel(at(`${name}-model`), options);
  const made = await asr(['export', at(`${name}-model`), '--web', at(name), '--json']);
  expect(made.code, made.stderr).toBe(0);
  // Beside the runtime, which is onnxruntime's own.
  expect((JSON.parse(made.stdout) as { scriptBytes: number }).scriptBytes).toBeLessThan(300_000);
}

async function opened(name: string): Promise<Page> {
  asked = [];
  complaints = [];
  page = await (await browser.newContext({ permissions: ['microphone'] })).newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== base) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(`${base}/${name}/`);
  await until('document.querySelector("#model").options.length === 1');
  return page;
}

/** Playwright's own waiting evaluates text, which the policy of the page refuses. */
const until = (expression: string): Promise<void> =>
  vi.waitFor(
    async () => {
      if ((await page.evaluate(expression)) !== true)
        throw new Error(`never: ${expression}; the page says: ${await page.locator('#error').textContent()}`);
    },
    { timeout: 60_000, interval: 100 },
  );
const complained = (text: string): Promise<void> =>
  until(`document.querySelector("#error").textContent.includes(${JSON.stringify(text)})`);

async function heardIn(file: string): Promise<Transcript> {
  await page.setInputFiles('#file', at(file));
  await until(`document.querySelector("#name").textContent === ${JSON.stringify(file)}`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-format=json]')]);
  return JSON.parse(readFileSync(await download.path(), 'utf8')) as Transcript;
}

async function toldBy(name: string, file: string): Promise<Transcript> {
  const told = await asr(['transcribe', '--model', at(`${name}-model`), '--json', file], { cwd: folder });
  return JSON.parse(told.stdout) as Transcript;
}

describe.skipIf(chromium === undefined)('the exported page in Chromium', () => {
  it.each<[string, SmallModelOptions]>([
    ['hmm', { kind: 'hmm' }],
    ['words', { kind: 'hmm', words: true, silent: true }],
    ['ctc', { kind: 'ctc' }],
    ['generator', { kind: 'generator' }],
    ['network', { kind: 'network' }],
  ])('hears what asr transcribe hears, by itself: %s', { timeout: 120_000 }, async (name, options) => {
    await exported(name, options);
    await opened(name);
    for (const file of ['talk.wav', 'stereo.wav']) {
      const [expected, found] = [await toldBy(name, file), await heardIn(file)];
      const { phones, ...rest } = found;
      expect(phones.map(({ phone, start, end }) => [phone, start, end])).toEqual(
        expected.phones.map(({ phone, start, end }) => [phone, start, end]),
      );
      phones.forEach(({ confidence }, i) => {
        expect(confidence ?? 0).toBeCloseTo(expected.phones[i]!.confidence ?? 0, 2);
      });
      expect(rest.words?.map(({ word }) => word)).toEqual(expected.words?.map(({ word }) => word));
      expect(rest).toMatchObject({
        file,
        seconds: expected.seconds,
        text: expected.text,
        utterances: expected.utterances,
      });
      expect(found.phones.length).toBeGreaterThan(10);
      expect(found.text?.split(' ').length).toBeGreaterThan(3);
    }
    expect(complaints).toEqual([]);
    expect(asked.every((path) => path.startsWith(`/${name}/`) || path === '/favicon.ico')).toBe(true);
  });

  it('speaks into the microphone, writes formats, and says what is wrong', { timeout: 120_000 }, async () => {
    await exported('spoken', { kind: 'hmm' });
    await opened('spoken');
    await page.click('#speak');
    await until('document.querySelector("#heard").textContent.trim().length > 5');
    await page.click('#speak');
    await page.waitForSelector('#editor:not([hidden])', { timeout: 60_000 });
    for (const [format, beginning] of [
      ['textgrid', 'File type = "ooTextFile"'],
      ['eaf', '<?xml version="1.0"'],
      ['srt', '1\n00:00:'],
    ]) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(`[data-format=${format}]`)]);
      expect(readFileSync(await download.path(), 'utf8').startsWith(beginning!)).toBe(true);
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations((expression) => page.evaluate(expression))).toEqual([]);
    }
    await page.setInputFiles('#file', at('noise.wav'));
    await complained('cannot read it as sound');
    await page.click('#about');
    expect(await page.locator('#phones li').allTextContents()).toContain('k');
    expect(await page.locator('#where').textContent()).toContain('stays in this browser');
  });

  it('says what to do when it was opened as a file', async () => {
    await exported('filed', { kind: 'hmm' });
    page = await browser.newPage();
    await page.goto(`file://${at('filed')}/index.html`);
    expect(await page.locator('#error').textContent()).toContain('python3 -m http.server');
  });

  it('says which part of a folder is missing', { timeout: 60_000 }, async () => {
    await exported('torn', { kind: 'hmm' });
    rmSync(at('torn/model/scores.onnx'));
    page = await browser.newPage();
    await page.goto(`${base}/torn/`);
    await complained('model/scores.onnx is not there');
  });
});

describe('asr export --web', () => {
  it('refuses what a browser cannot run, and folders that hold something else', async () => {
    await makeSmallModel(at('table-model'), { kind: 'table' });
    const table = await asr(['export', at('table-model'), '--web', at('table')]);
    expect([table.code, existsSync(at('table'))]).toEqual([6, false]);
    expect(table.stderr).toContain('works on segments');
    await makeSmallModel(at('hmm-again'), { kind: 'hmm' });
    mkdirSync(at('mine'));
    writeFileSync(at('mine/letter.txt'), 'dear');
    const mine = await asr(['export', at('hmm-again'), '--web', at('mine')]);
    expect(mine.code).toBe(2);
    expect(readFileSync(at('mine/letter.txt'), 'utf8')).toBe('dear');
  });
});
