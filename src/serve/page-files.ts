// The files of the page, read once when the server starts: nothing else of the disk can be asked for.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AsrError } from '../core/errors.js';

export interface PageFile {
  readonly type: string;
  readonly content: string;
}

/** Names of the page's own scripts, compiled from TypeScript. */
const scripts = [
  'main',
  'editor',
  'player',
  'tiers',
  'transcript',
  'server',
  'refused',
  'microphone',
  'samples',
  'downloads',
  'elements',
];
/** Of the page on which people learn a new model. */
const learningScripts = ['new', 'progress'];
export const learningPage = '/new';

type Wanted = [address: string, path: string, type: string];

/** Files of wavesurfer.js. */
const libraries = {
  wavesurfer: 'wavesurfer.esm.js',
  regions: 'plugins/regions.esm.js',
  spectrogram: 'plugins/spectrogram.esm.js',
} as const;

/**
 * @param learning with the page of learning. @returns what is served, by address. @throws AsrError 'dependency' where
 * the program is not built whole
 */
export async function pageFiles(learning: boolean): Promise<Map<string, PageFile>> {
  const project = projectFolder();
  const wavesurfer = dirname(createRequire(import.meta.url).resolve('wavesurfer.js'));
  const script = 'text/javascript; charset=utf-8';
  const wanted: Wanted[] = [
    ['/', join(project, 'src/serve/page/index.html'), 'text/html; charset=utf-8'],
    ...(learning
      ? [[learningPage, join(project, 'src/serve/page/new.html'), 'text/html; charset=utf-8'] as Wanted]
      : []),
    ['/assets/page.css', join(project, 'src/serve/page/page.css'), 'text/css; charset=utf-8'],
    ...[...scripts, ...(learning ? learningScripts : [])].map((name): Wanted => [
      `/assets/${name}.js`,
      join(project, `dist/src/serve/page/${name}.js`),
      script,
    ]),
    ['/core/wav-header.js', join(project, 'dist/src/core/wav-header.js'), script],
    ...Object.entries(libraries).map(([name, file]): Wanted => [`/assets/${name}.js`, join(wavesurfer, file), script]),
  ];
  const files = new Map<string, PageFile>();
  for (const [address, path, type] of wanted) files.set(address, { type, content: await contentOf(path) });
  return files;
}

/** This file runs from src/ in tests, from dist/src/ else. */
function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AsrError('dependency', `${path}: a part of the page is missing`, 'Build it: `npm run build`.', cause);
  }
}

/** A page for one request: its styles carry a number that nobody knows before, so that no others are taken. */
export function pageFor({ content }: PageFile): { content: string; headers: Record<string, string> } {
  const nonce = randomBytes(16).toString('base64url');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    content: content.replaceAll('{nonce}', nonce),
    headers: { 'content-security-policy': policy.join('; ') },
  };
}
