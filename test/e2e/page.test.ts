// The page of `asr serve` in a browser: a file, the microphone, the keyboard, a correction, downloads, the token.
// Skipped, with a message, where Chromium is not installed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as launcher, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eafText, subtitleText, textGridText } from '../../src/transcripts/transcript-documents.js';
import { transcriptSchema } from '../../src/transcribe/transcript.js';
import { wavBytes } from '../audio/signals.js';
import { violations } from '../report/axe.js';
import { chromium } from '../report/browser.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { serve, type Served } from './served.js';

if (chromium === undefined) process.stderr.write('skipped, not installed: Chromium (apt install chromium)\n');

const folder = mkdtempSync(join(tmpdir(), 'asr-page-'));
const at = (name: string): string => join(folder, name);
const shots = process.env['ASR_SCREENSHOTS'];
let served: Served;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

describe.skipIf(chromium === undefined)('the page', () => {
  beforeAll(async () => {
    await makeSmallModel(at('words'), { words: true });
    writeFileSync(at('talk.wav'), wavBytes([babble(6)], 16_000, 's16'));
    writeFileSync(at('voice.wav'), wavBytes([babble(20)], 48_000, 's16'));
    served = await serve(['--model', `first=${at('words')}`]);
    browser = await launcher.launch({
      executablePath: chromium as string,
      args: [
        '--no-sandbox',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${at('voice.wav')}`,
      ],
    });
    page = await newPage();
    await page.goto(served.url);
    await until(page, 'document.querySelector("#model").options.length > 0');
  });
  afterAll(async () => {
    await browser.close();
    await served.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function newPage(): Promise<Page> {
    const context = await browser.newContext({ acceptDownloads: true, permissions: ['microphone'] });
    const opened = await context.newPage();
    await opened.setViewportSize({ width: 1100, height: 800 });
    opened.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    opened.on('pageerror', (error) => complaints.push(error.message));
    return opened;
  }

  /** Playwright's own waiting evaluates text, which the policy of the page refuses. */
  const until = (on: Page, expression: string): Promise<void> =>
    vi.waitFor(
      async () => {
        expect(await on.evaluate<boolean>(expression), expression).toBe(true);
      },
      { timeout: 30_000, interval: 100 },
    );

  const labels = (tier: string): Promise<string[]> =>
    page.locator(`[role=group][aria-label="${tier}"] button`).allTextContents();
  const shot = async (name: string): Promise<void> => {
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  };
  const save = async (format: string): Promise<{ name: string; content: string }> => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`[data-format=${format}]`)]);
    return { name: download.suggestedFilename(), content: readFileSync(await download.path(), 'utf8') };
  };

  it('shows what was said in a file under its sound', async () => {
    await page.setInputFiles('#file', at('talk.wav'));
    await page.waitForSelector('#editor:not([hidden]) [aria-label=phones] button');
    expect(await page.textContent('#status')).toBe('6.0 s were heard.');
    expect((await labels('words')).length).toBeGreaterThan(3);
    expect((await labels('phones')).length).toBeGreaterThan((await labels('words')).length);
    // The waveform and, below it, the spectrogram are drawn.
    await until(page, 'document.querySelector("#wave > div").shadowRoot.querySelectorAll("canvas").length >= 3');
    await shot('transcript');
  });

  it('is moved through, heard and corrected by the keyboard alone', async () => {
    await page.focus('#tiers button[aria-current=true]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    const chosen = await page.textContent('#tiers button[aria-current=true]');
    expect(chosen).toBe((await labels('words'))[1]);
    await page.keyboard.press('Space');
    await until(page, 'document.querySelector("#play").textContent === "Pause"');
    await until(page, 'document.querySelector("#play").textContent === "Play"');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('label');
    await page.keyboard.type('mended');
    await page.keyboard.press('Enter');
    expect((await labels('words'))[1]).toBe('mended');
    expect((await labels('utterances')).join(' ')).toContain('mended');
    expect(await page.textContent('#tiers button[aria-current=true]')).toBe('mended');
  });

  it('saves what was corrected', async () => {
    const grid = await save('textgrid');
    expect(grid.name).toBe('talk.TextGrid');
    expect(grid.content).toContain('text = "mended"');
    expect((await save('eaf')).content).toContain('mended');
    expect((await save('srt')).content).toContain('mended');
    const { words } = JSON.parse((await save('json')).content) as { words: { word: string; confidence: number }[] };
    expect(words[1]).toMatchObject({ word: 'mended', confidence: 1 });
  });

  it('saves files that are read again with what the page shows', async () => {
    const words = await labels('words');
    const shown = words.join(' ');
    expect(textGridText((await save('textgrid')).content, 'talk.TextGrid', 'words')).toBe(shown);
    expect(eafText((await save('eaf')).content, 'talk.eaf', 'words')).toBe(shown);
    expect(subtitleText((await save('srt')).content, 'talk.srt')).toBe(shown);
    const record = transcriptSchema.parse(JSON.parse((await save('json')).content));
    expect(record.words?.map(({ word }) => word)).toEqual(words);
    expect(record.text).toBe(shown);
  });

  it('has a name for everything that a screen reader stops at', async () => {
    const tree = await page.locator('body').ariaSnapshot();
    const stops = tree.match(/^ *- (button|combobox|textbox|slider|checkbox|link|group)\b.*$/gmu) ?? [];
    expect(stops.length).toBeGreaterThan(20);
    expect(stops.filter((line) => !/- \w+ ["/]/u.test(line))).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('breaks no rule of axe, %s', async (colorScheme) => {
    // A colour on its way from one scheme to the other has the contrast of neither.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const before = complaints.length;
    const broken = (): Promise<string[]> => violations((expression) => page.evaluate(expression));
    expect(await broken()).toEqual([]);
    await page.click('#about');
    await page.waitForSelector('#card[open]');
    expect(await broken()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.emulateMedia({ colorScheme: 'light' });
    // Of axe itself, which sets styles of its own.
    complaints.length = before;
  });

  it('undoes a correction', async () => {
    await page.click('#undo');
    expect(await labels('words')).not.toContain('mended');
    expect(await page.isDisabled('#undo')).toBe(true);
    expect(await page.inputValue('#label')).toBe((await labels('words'))[1]);
  });

  it('zooms, with the labels under their sound', async () => {
    const width = async (): Promise<number> =>
      (await page.locator('[aria-label=words] button').first().boundingBox())!.width;
    const before = await width();
    await page.click('#zoom-in');
    await page.click('#zoom-in');
    await expect.poll(width).toBeGreaterThan(3 * before);
    await shot('zoomed');
    await page.click('#zoom-out');
  });

  it('tells about the model', async () => {
    await page.click('#about');
    await page.waitForSelector('#card[open]');
    expect(await page.textContent('#card-title')).toBe('small');
    expect(await page.locator('#phones li').allTextContents()).toEqual(['a', 'e', 'k', 'l', 'm', 's', 't']);
    await shot('card');
    await page.keyboard.press('Escape');
  });

  it('listens to the microphone', async () => {
    await page.click('#speak');
    await until(page, 'document.querySelector("#heard").textContent.trim().length > 30');
    await shot('speaking');
    await page.click('#speak');
    await until(page, 'document.querySelector("#name").textContent === "microphone.wav"');
    expect((await labels('words')).length).toBeGreaterThan(0);
    // Seen as a whole, though the one before was zoomed into.
    const tiers = (await page.locator('#tiers').boundingBox())!;
    const rightEdge = async (): Promise<number> => {
      const last = (await page.locator('[aria-label=phones] button').last().boundingBox())!;
      return last.x + last.width;
    };
    await expect.poll(rightEdge).toBeLessThan(tiers.x + tiers.width + 2);
    expect(await page.textContent('#chosen')).toBe('Label');
  });

  it('says what is wrong with a file', async () => {
    writeFileSync(at('text.wav'), 'no sound');
    await page.setInputFiles('#file', at('text.wav'));
    await until(page, 'document.querySelector("#error").textContent !== ""');
    expect(await page.textContent('#error')).toMatch(/no sound|not a/);
  });

  it('says that there is no microphone', async () => {
    const silent = await launcher.launch({ executablePath: chromium as string, args: ['--no-sandbox'] });
    try {
      const context = await silent.newContext({ permissions: ['microphone'] });
      const other = await context.newPage();
      await other.goto(served.url);
      await until(other, 'document.querySelector("#model").options.length > 0');
      await other.click('#speak');
      await until(other, 'document.querySelector("#error").textContent !== ""');
      expect(await other.textContent('#error')).toMatch(/^No microphone was found: .* choose a file/u);
      expect(await other.getAttribute('#speak', 'aria-pressed')).toBe('false');
    } finally {
      await silent.close();
    }
  });

  it('is small, and takes nothing from elsewhere', async () => {
    const all = await page.evaluate<{ name: string; size: number }[]>(
      'performance.getEntriesByType("resource").map(({ name, decodedBodySize }) => ({ name, size: decodedBodySize }))',
    );
    const own = all.filter(({ name }) => !name.startsWith('blob:'));
    expect(own.filter(({ name }) => !name.startsWith(served.url))).toEqual([]);
    const scripts = own.filter(({ name }) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(8);
    expect(scripts.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(300_000);
    const { headers } = await fetch(served.url);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/);
  });

  it('has no script that the policy refuses, and no error but those that were meant', () => {
    expect(complaints.filter((text) => !text.includes('400 (Bad Request)'))).toEqual([]);
  });

  it('asks for the token', async () => {
    const token = 'a-token-of-enough-length';
    const closed = await serve(['--model', at('words')], { ASR_SERVE_TOKEN: token });
    const other = await newPage();
    await other.goto(closed.url);
    await other.waitForSelector('#token:not([hidden])');
    await other.fill('#token input', token);
    await other.keyboard.press('Enter');
    await until(other, 'document.querySelector("#model").options.length > 0');
    await other.click('#speak');
    await until(other, 'document.querySelector("#heard").textContent.trim().length > 10');
    await other.close();
    await closed.stop();
  });

  it('is usable in a narrow dark window', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 420, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await shot('narrow');
  });
});
