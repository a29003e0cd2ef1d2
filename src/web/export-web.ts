// A model folder in, a static folder out: the page, its thread, onnxruntime-web and the model, which a browser runs
// without any server but one that gives out files.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findModelFolder, readModelRecord } from '../bundle/model-folder.js';
import { AsrError } from '../core/errors.js';
import { makeFolder } from '../core/folders.js';
import { vendoredFile } from '../core/vendored.js';
import { packageRoot } from '../core/version.js';
import { webModelFiles } from './model-parts.js';

/** Renamed to .js, since some file servers do not know .mjs, and browsers run no script of an unknown kind. */
const runtimeFiles = {
  'ort.wasm.min.js': 'ort.wasm.min.mjs',
  'ort-wasm-simd-threaded.js': 'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm': 'ort-wasm-simd-threaded.wasm',
} as const;
const scripts = ['main.js', 'worker.js', 'samples.js'] as const;
const mark = 'exported-by-asr.txt';

/** Shown where the page was opened as a file: browsers then give it neither scripts nor the model. */
const openedAsFile = `if (location.protocol === 'file:') {
  document.getElementById('error').textContent =
    'Opened as a file this page cannot read its own parts. Give the folder to any web server, for instance: ' +
    'python3 -m http.server, and open http://localhost:8000';
}`;

export interface WebExport {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Of the scripts, without the runtime. */
  readonly scriptBytes: number;
}

/**
 * @param folder made, or one that an earlier export made: then it is written anew
 * @throws AsrError 'model' for a model that a browser cannot run; 'usage' where the folder holds something else
 */
export async function exportWeb(named: string, folder: string): Promise<WebExport> {
  const model = findModelFolder(named);
  const record = await readModelRecord(model);
  const parts = await webModelFiles(model, record);
  const files: Record<string, Uint8Array | string> = {
    'index.html': await pageText(record.title),
    'assets/page.css': await readFile(join(packageRoot, 'src', 'serve', 'page', 'page.css')),
    [mark]: await built('licences.txt'),
  };
  let scriptBytes = 0;
  for (const name of scripts) {
    const script = await built(name);
    scriptBytes += script.length;
    files[`assets/${name}`] = script;
  }
  for (const [name, from] of Object.entries(runtimeFiles))
    files[`assets/runtime/${name}`] = await readFile(vendoredFile('onnxruntime-web', `dist/${from}`));
  for (const [name, content] of Object.entries(parts)) files[`model/${name}`] = content;
  await emptied(folder);
  for (const part of ['assets/runtime', 'model']) await makeFolder(join(folder, part));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const bytes = Object.values(files).reduce((sum, content) => sum + content.length, 0);
  return { folder, files: Object.keys(files).length, bytes, scriptBytes };
}

async function built(name: string): Promise<Buffer> {
  const path = join(packageRoot, 'dist', 'web', name);
  return readFile(path).catch((cause: unknown) => {
    throw new AsrError('dependency', `${path}: a part of the page is missing`, 'Build it: `npm run build`.', cause);
  });
}

/** The server's page, told where it is. Its policy allows nothing but its own files. */
async function pageText(title: string): Promise<string> {
  const page = await readFile(join(packageRoot, 'src', 'serve', 'page', 'index.html'), 'utf8');
  const hash = createHash('sha256').update(openedAsFile).digest('base64');
  const nonce = hash.slice(0, 16);
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self' blob:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return page
    .replace('{nonce}', nonce)
    .replace(
      '<meta charset="utf-8" />',
      `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
    )
    .replace(/<title>[^<]*<\/title>/u, `<title>${escaped(title === '' ? 'asr' : title)}: listen and correct</title>`)
    .replace(/(<p id="where"[^<>]*>)[^<]*/u, '$1The sound stays in this browser: nothing is sent anywhere.')
    .replace('</main>', `</main>\n    <script>${openedAsFile}</script>`);
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** @throws AsrError 'usage' where something else lies there */
async function emptied(folder: string): Promise<void> {
  const there = existsSync(folder) ? await readdir(folder) : [];
  if (there.length === 0) return;
  if (!there.includes(mark))
    throw new AsrError(
      'usage',
      `${folder}: is not empty, and no export of before`,
      'Name a folder that is not there yet, or an empty one.',
    );
  for (const name of ['index.html', 'assets', 'model', mark])
    await rm(join(folder, name), { recursive: true, force: true });
}
