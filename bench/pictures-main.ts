// node dist/bench/pictures-main.js RUN [MBOSHI]: makes the pictures of docs/ anew: RUN is a finished run of `asr demo`,
// whose sound they show; who speaks is drawn from a mixture of Mboshi's people. Pages by Chromium (CHROMIUM_PATH, else
// Debian's), Praat's window by Xvfb, praat and ImageMagick; what is not installed is named and left as it was. Some of
// them alone: ASR_PICTURES=pages,align,speakers,watch,praat.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium, type Browser, type Page } from 'playwright-core';
import { decodeAudio } from '../src/audio/decode.js';
import { computeSchema } from '../src/core/stage.js';
import { sampleRate } from '../src/core/time.js';
import { diarise } from '../src/speakers/diarise.js';
import { transcriptSchema } from '../src/transcribe/transcript.js';
import { createDetector } from '../src/vad/detector.js';
import { vadConfig } from '../src/vad/config.js';
import { soundAndTiers, terminal, turnRows } from './pictures.js';
import { makeMixture, mboshiSentences } from './speakers.js';

const project = join(import.meta.dirname, '..', '..');
const program = join(project, 'bin', 'asr.js');
const picture = (name: string): string => join(project, 'docs', name);
const run = promisify(execFile);
const made = (name: string): void => void process.stdout.write(`docs/${name}\n`);

const [runFolder, mboshi] = process.argv.slice(2);
if (runFolder === undefined) throw new Error('give the folder of a finished run of `asr demo`');
const model = resolve(runFolder);
const sounds = join(model, 'corpus', 'audio');
const name = (await readdir(sounds)).sort().at(-1)!;
const sound = join(sounds, name);
const folder = await mkdtemp(join(tmpdir(), 'demo-'));
const asr = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [program, ...args], { cwd: folder, maxBuffer: 1 << 28 })).stdout;

/** A command that prints an address and goes on. */
async function listening(...args: string[]): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((done) => {
    child.stdout.once('data', (chunk: Buffer) => {
      done(chunk.toString().trim());
    });
  });
  return { url, child };
}

async function shown(page: Page, expression: string): Promise<void> {
  for (let left = 600; left > 0; left--) {
    if (await page.evaluate<boolean>(expression)) return;
    await wait(100);
  }
  throw new Error(`after a minute the page does not show ${expression}`);
}

/** The page of a server or of a folder with a recording, an utterance of which is chosen. */
async function hearing(browser: Browser, url: string, to: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  await page.goto(url);
  await shown(page, 'document.querySelector("#model").options.length > 0');
  await page.setInputFiles('#file', sound);
  await shown(page, 'document.querySelectorAll("[role=group][aria-label=phones] button").length > 0');
  // The spectrogram comes a moment later.
  await wait(2000);
  await page.screenshot({ path: picture(to), fullPage: true });
  await page.close();
  made(to);
}

async function pages(browser: Browser): Promise<void> {
  const served = await listening('serve', '--port', '0', '--model', model);
  await hearing(browser, served.url, 'serve.png');
  served.child.kill('SIGINT');

  await asr('export', model, '--web', join(folder, 'talk'));
  const types: Readonly<Record<string, string>> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.wasm': 'application/wasm',
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    readFile(join(folder, 'talk', path === '/' ? 'index.html' : path)).then(
      (bytes) => {
        response.setHeader('content-type', types[extname(path) || '.html'] ?? 'application/octet-stream');
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await hearing(browser, `http://127.0.0.1:${address.port}/`, 'web.png');
  server.close();

  const recipe = basename(model);
  await mkdir(join(folder, 'runs'));
  await symlink(model, join(folder, 'runs', recipe));
  await copyFile(join(project, 'recipes', 'demo-es', 'recipe.yaml'), join(folder, `${recipe}.yaml`));
  const learning = await listening('new', '--page');
  const page = await browser.newPage({ viewport: { width: 1100, height: 1250 } });
  await page.goto(learning.url);
  await shown(page, 'document.querySelector("#recipes").options.length > 1');
  await page.selectOption('#recipes', recipe);
  await shown(page, 'document.querySelectorAll("tr").length > 3');
  await wait(1000);
  await page.screenshot({ path: picture('learn.png'), fullPage: true });
  await page.close();
  learning.child.kill('SIGINT');
  made('learn.png');
}

async function alignment(): Promise<void> {
  await writeFile(join(folder, 'talk.txt'), await asr('transcribe', sound, '--model', model));
  const json: unknown = JSON.parse(await asr('align', sound, 'talk.txt', '--model', model, '--format', 'json'));
  const { words = [], phones } = transcriptSchema.parse(json);
  const { samples } = await decodeAudio(sound);
  const tiers = [
    words.map(({ word, ...rest }) => ({ ...rest, text: word })),
    phones.map(({ phone, ...rest }) => ({ ...rest, text: phone })),
  ];
  const title = 'A recording of the demo, its words and its phones as asr align placed them';
  await writeFile(picture('align.svg'), soundAndTiers(title, samples, tiers));
  made('align.svg');
}

async function speakers(corpus: string): Promise<void> {
  const compute = computeSchema.parse({});
  const { samples, turns } = await makeMixture(await mboshiSentences(corpus), 120, 'picture');
  const detector = await createDetector(vadConfig.parse({ method: 'silero' }), compute, '.');
  const found = await diarise(samples, await detector.detect(samples), { count: 'auto' }, compute);
  await detector.dispose();
  const told = found.map(({ start, end, speaker }) => ({
    start: start / sampleRate,
    end: end / sampleRate,
    speaker: String(speaker),
  }));
  const title = 'Turns of the corpus and turns that were found, two minutes of a mixture of three people';
  await writeFile(picture('speakers.svg'), turnRows(title, { spoken: turns, found: told }, 120));
  made('speakers.svg');
}

/** What a terminal shows while recordings are put into a folder that is watched. */
async function watching(): Promise<void> {
  const inbox = join(folder, 'inbox');
  await mkdir(inbox);
  const args = ['transcribe', '--watch', 'inbox', '--beside', '--model', model, '--format', 'textgrid,eaf,srt'];
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const inside = async (count: number): Promise<void> => {
    for (let left = 600; (await readdir(inbox)).filter((file) => file.endsWith('.srt')).length < count; left--) {
      if (left === 0) throw new Error(`a minute, and nothing was written: ${said}`);
      await wait(100);
    }
  };
  await cp(sound, join(inbox, 'monday.wav'));
  await inside(1);
  await cp(join(sounds, (await readdir(sounds)).sort().at(-2)!), join(inbox, 'tuesday.wav'));
  await inside(2);
  await wait(1500);
  child.kill('SIGINT');
  await new Promise((done) => child.once('close', done));
  const files = (await readdir(inbox)).sort();
  const lines = [
    '$ asr transcribe --watch inbox --beside --model runs/demo-es --format textgrid,eaf,srt',
    ...said
      .replaceAll(`${folder}/`, '')
      .trim()
      .split('\n')
      .filter((line) => line.trim() !== ''),
    '$ ls inbox',
    ...Array.from({ length: Math.ceil(files.length / 4) }, (_, row) =>
      files
        .slice(4 * row, 4 * row + 4)
        .map((file) => file.padEnd(22))
        .join('')
        .trimEnd(),
    ),
  ];
  await writeFile(picture('watch.svg'), terminal('Two recordings that were put into a watched folder', lines));
  made('watch.svg');
}

/** The editor of Praat with a recording and the TextGrid that was written beside it. */
async function praat(): Promise<void> {
  await cp(sound, join(folder, 'talk.wav'));
  await asr('transcribe', 'talk.wav', '--model', model, '--format', 'textgrid', '--beside');
  const script = join(folder, 'open.praat');
  await writeFile(
    script,
    `a = Read from file: "${join(folder, 'talk.wav')}"
b = Read from file: "${join(folder, 'talk.TextGrid')}"
selectObject: a, b
View & Edit
editor: b
Zoom: 0, 1.3
endeditor
`,
  );
  const display = `:${90 + (process.pid % 9)}`;
  const screen = spawn('Xvfb', [display, '-screen', '0', '960x600x24'], { stdio: 'ignore' });
  await new Promise<void>((done, failed) => screen.once('spawn', done).once('error', failed));
  await wait(1500);
  const env = { ...process.env, DISPLAY: display, HOME: folder, GTK_OVERLAY_SCROLLING: '0' };
  const window = spawn('praat', ['--hide-picture', '--new-send', script], { env, stdio: 'ignore' });
  try {
    await new Promise<void>((done, failed) => window.once('spawn', done).once('error', failed));
    await wait(6000);
    await run('import', ['-window', 'root', '-crop', '960x500+0+0', '+repage', picture('praat.png')], { env });
    made('praat.png');
  } finally {
    window.kill();
    screen.kill();
  }
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  pages: async () => {
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
    await pages(browser).finally(() => browser.close());
  },
  align: alignment,
  speakers: () => (mboshi === undefined ? Promise.reject(new Error('MBOSHI was not given')) : speakers(mboshi)),
  watch: watching,
  praat,
};
const only = process.env['ASR_PICTURES']?.split(',') ?? Object.keys(parts);
for (const part of only)
  await parts[part]?.().catch((error: unknown) => {
    process.stderr.write(`${part}: left as it was: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
await rm(folder, { recursive: true, force: true, maxRetries: 5 });
