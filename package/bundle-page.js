// A step of the build: the page that `asr export --web` writes, as two scripts. The page of the server with a thread
// of the browser in the place of the server, and that thread: what hears, decodes and writes formats, from the
// program's own files.
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'dist', 'web');
const page = join(root, 'src', 'serve', 'page');
const wavesurfer = join(root, 'node_modules', 'wavesurfer.js', 'dist');

/** What the page gets from addresses of the server. */
const assets = {
  '/assets/wavesurfer.js': join(wavesurfer, 'wavesurfer.esm.js'),
  '/assets/regions.js': join(wavesurfer, 'plugins', 'regions.esm.js'),
  '/assets/spectrogram.js': join(wavesurfer, 'plugins', 'spectrogram.esm.js'),
};
/**
 * All that is left of Node's modules where files are only named, and of schemas, by which nothing is read in a
 * browser.
 */
const names = /[\\/]formats[\\/]elan\.ts$/;
const shims = {
  zod: 'export const z = new Proxy(() => z, { get: () => z });',
  'node:path': `export const basename = (path) => path.split('/').at(-1);
    export const extname = (path) => /[^.]\\.[^.]*$/.exec(basename(path))?.[0].slice(1) ?? '';
    export const resolve = (path) => path;`,
  'node:url': 'export const pathToFileURL = (path) => ({ href: path });',
};
const replaced = {
  name: 'replaced',
  resolveId(id, importer) {
    if (id in assets) return assets[id];
    if (id === 'zod' || (id in shims && names.test(importer ?? ''))) return `\0${id}`;
    if (importer !== undefined && resolve(dirname(importer), id) === join(page, 'server.js'))
      return join(page, 'local.ts');
    return null;
  },
  load: (id) => (id.startsWith('\0') ? (shims[id.slice(1)] ?? null) : null),
};
/**
 * Files of the program do nothing when they are loaded: what is not used of one is left out with all that it asks
 * for.
 */
const treeshake = {
  moduleSideEffects: (id) => id.startsWith(page) || id.endsWith('worker.ts'),
  propertyReadSideEffects: false,
};

for (const [name, input] of Object.entries({
  main: join(page, 'main.ts'),
  samples: join(page, 'samples.ts'),
  worker: join(root, 'src', 'web', 'worker.ts'),
})) {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    treeshake,
    external: (id, importer) => id.startsWith('node:') && !names.test(importer ?? ''),
    plugins: [replaced],
    logLevel: 'warn',
  });
  const { output } = await bundle.write({
    file: join(target, `${name}.js`),
    format: 'esm',
    minify: true,
    comments: false,
  });
  await bundle.close();
  const [script, ...more] = output;
  // The list of imports names some that nothing is left of.
  const asked = /(?:from|import)\s*["'`][^"'`]+["'`]/.exec(script.code);
  if (more.length > 0 || asked) throw new Error(`${name}.js is not whole: ${asked ?? more[0].fileName}`);
}
writeFileSync(
  join(target, 'licences.txt'),
  'main.js holds wavesurfer.js (BSD-3-Clause, Copyright (c) 2012-2023, katspaugh and contributors), runtime/ is\n' +
    ' onnxruntime-web (MIT, Copyright (c) Microsoft Corporation).\n' +
    'Everything else is unsupervised-asr (Apache-2.0). Models have licences of their own.\n',
);
