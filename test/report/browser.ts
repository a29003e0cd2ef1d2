// A headless Chromium driven over a pipe by the DevTools protocol: opens a file, looks, takes screenshots.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { message: string };
}

export class Browser {
  readonly #pipe: Writable;
  readonly #waiting = new Map<
    number,
    { resolve: (result: Record<string, unknown>) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Map<string, () => void>();
  readonly #close: () => Promise<void>;
  #session: string | undefined;
  #next = 1;
  /**
   * Console errors, uncaught exceptions, refused loads, and every address asked for that is not the page or inside it.
   */
  readonly complaints: string[] = [];

  private constructor(pipe: Writable, output: Readable, close: () => Promise<void>) {
    this.#pipe = pipe;
    this.#close = close;
    let rest = '';
    output.setEncoding('utf8');
    output.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\0');
      rest = parts.pop() as string;
      for (const part of parts) this.#receive(JSON.parse(part) as Message);
    });
  }

  static async launch(): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'asr-chromium-'));
    const child = spawn(
      chromium as string,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--remote-debugging-pipe',
        `--user-data-dir=${profile}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
    const browser = new Browser(child.stdio[3] as Writable, child.stdio[4] as Readable, async () => {
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    });
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
    browser.#session = (await browser.send('Target.attachToTarget', { targetId, flatten: true })).sessionId as string;
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await browser.send(`${domain}.enable`);
    return browser;
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#next++;
    this.#pipe.write(
      `${JSON.stringify({
        id,
        method,
        params,
        ...(this.#session === undefined ? {} : { sessionId: this.#session }),
      })}` + '\0',
    );
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async open(file: string, { width, height, scheme }: View): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
    const loaded = new Promise<void>((resolve) => this.#listeners.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url: pathToFileURL(file).href });
    await loaded;
  }

  /** The value of an expression in the page; promises are awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** PNG of the window, or of the whole page. */
  async screenshot(whole = false): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: whole });
    return Buffer.from(data as string, 'base64');
  }

  async press(key: string): Promise<void> {
    for (const type of ['keyDown', 'keyUp'])
      await this.send('Input.dispatchKeyEvent', {
        type,
        key,
        code: key,
        windowsVirtualKeyCode: key === 'Tab' ? 9 : 13,
      });
  }

  close(): Promise<void> {
    return this.#close();
  }

  #receive({ id, method, params = {}, result, error }: Message): void {
    if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result ?? {});
      return;
    }
    this.#listeners.get(method as string)?.();
    const told = JSON.stringify(params).slice(0, 400);
    if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') this.complaints.push(told);
    if (method === 'Runtime.consoleAPICalled' && params['type'] === 'error') this.complaints.push(told);
    if (
      method === 'Network.requestWillBeSent' &&
      !/^(file|data|about|blob):/u.test((params['request'] as { url: string }).url)
    )
      this.complaints.push(told);
  }
}
