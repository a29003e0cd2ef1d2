// The exported model in a browser: headless Chromium loads onnxruntime-web and the file that `asr export` wrote, and
// hears the phones that `asr transcribe` prints. Skipped, with a message, where Chromium or onnxruntime-web is missing.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { asr, projectFolder } from './program.js';

function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const paths = [
    process.env['CHROMIUM_PATH'] ?? '',
    ...(process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
  ];
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== '';
    } catch {
      return false;
    }
  });
}

function findRuntime(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  } catch {
    return undefined;
  }
}

const chromium = findChromium();
const runtime = findRuntime();
const missing = [
  ...(chromium === undefined ? ['Chromium (apt install chromium, or CHROMIUM_PATH)'] : []),
  ...(runtime === undefined ? ['onnxruntime-web'] : []),
];
if (missing.length > 0) process.stderr.write(`skipped, not installed: ${missing.join(', ')}\n`);

const folder = mkdtempSync(join(tmpdir(), 'asr-browser-'));
const at = (name: string): string => join(folder, name);
let server: Server | undefined;
afterAll(() => {
  server?.close();
  // Chromium's processes write into their profile for a moment after the browser has ended.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

/** The lines that docs/export.md shows, as they stand there. */
const shown = /```js\n([\s\S]*?)```/.exec(readFileSync(join(projectFolder, 'docs', 'export.md'), 'utf8'))?.[1] ?? '';

/** A web page of these lines, with what they take for granted: the runtime, and samples. */
const page = `<!doctype html><script type="module">
const tell = (body) => fetch('/result', { method: 'POST', body: JSON.stringify(body) });
try {
  const ort = await import('/runtime/ort.wasm.min.mjs');
  ort.env.wasm.wasmPaths = '/runtime/';
  ort.env.wasm.numThreads = 1;
  const samples = new Float32Array(await (await fetch('/samples')).arrayBuffer());
  ${shown}
  tell({ phones: transcript, rows: phones.dims[1] });
} catch (error) {
  tell({ error: String(error) });
}
</script>`;

interface Result {
  readonly phones?: string[];
  readonly rows?: number;
  readonly error?: string;
}

const types: Record<string, string> = { mjs: 'text/javascript', js: 'text/javascript', wasm: 'application/wasm' };

/** Serves the page and what it asks for; resolves with what it posts. */
async function serve(
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<{ url: string; result: Promise<Result> }> {
  let settle: (result: Result) => void = () => undefined;
  const result = new Promise<Result>((done) => {
    settle = done;
  });
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/result') {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        response.end();
        settle(JSON.parse(body) as Result);
      });
      return;
    }
    const content = path.startsWith('/runtime/') && runtime ? readFileSync(join(runtime, basename(path))) : files[path];
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': types[path.split('.').at(-1) ?? ''] ?? 'text/html',
    });
    response.end(content);
  });
  await new Promise<void>((done) => {
    server?.listen(0, '127.0.0.1', done);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, result };
}

describe.skipIf(missing.length > 0)('an exported model in Chromium', () => {
  it.each([
    ['hmm', 298],
    ['ctc', 149],
  ] as const)('hears with the lines of docs/export.md what asr transcribe hears: %s', async (kind, rows) => {
    expect(shown).toContain('InferenceSession');
    rmSync(at('model'), { recursive: true, force: true });
    await makeSmallModel(at('model'), { kind, vad: 'none' });
    writeFileSync(at('sound.wav'), wavBytes([babble(3, 8)], 16_000, 's16'));
    expect((await asr(['export', at('model'), '--output', at('model.onnx')])).code).toBe(0);
    const expected = (await asr(['transcribe', at('sound.wav'), '--model', at('model')])).stdout.trim().split(' ');
    const { samples } = await decodeAudio(at('sound.wav'));
    const { url, result } = await serve({
      '/': page,
      '/es.onnx': readFileSync(at('model.onnx')),
      '/samples': new Uint8Array(samples.buffer),
      '/emission.json': readFileSync(at('model/emission/emission.json')),
    });
    const browser = spawn(
      chromium as string,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        `--user-data-dir=${at('profile')}`,
        url,
      ],
      { stdio: 'ignore' },
    );
    try {
      const found = await result;
      expect(found.error).toBeUndefined();
      expect(found.phones).toEqual(expected);
      expect(found.rows).toBe(rows);
    } finally {
      await new Promise((done) => {
        browser.once('exit', done);
        browser.kill('SIGKILL');
      });
      server?.close();
    }
  });
});
