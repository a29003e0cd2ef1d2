// The last step of the build: into dist/vendor go the single files that the package needs of libraries which are tens
// of megabytes as a whole, each with its licence; tf.d.ts learns to do without the types of tfjs; dist/asr.1 is the
// manual page. Not a script of `npm pack`, since this project's own settings run none.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgram } from '../dist/src/cli/main.js';
import { manPage } from '../dist/src/cli/man-page.js';
import { programVersion } from '../dist/src/core/version.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'dist', 'vendor');

const apache = 'Apache-2.0: see the LICENSE of this package; copyright notices stand in the file itself.\n';

/** Library to its files; docs/dependencies.md says what each is for. */
const libraries = {
  '@tensorflow/tfjs-core': { files: ['dist/tf-core.node.js'], licence: apache },
  'chart.js': { files: ['dist/chart.umd.js', 'LICENSE.md'] },
  'sql.js': { files: ['dist/sql-wasm.js', 'dist/sql-wasm.wasm', 'LICENSE'] },
  'onnxruntime-web': {
    files: [
      'dist/ort.node.min.js',
      'dist/ort.wasm.min.mjs',
      'dist/ort-wasm-simd-threaded.mjs',
      'dist/ort-wasm-simd-threaded.wasm',
    ],
    licence: 'MIT License. Copyright (c) Microsoft Corporation. https://github.com/microsoft/onnxruntime\n',
  },
};

rmSync(target, { recursive: true, force: true });
for (const [library, { files, licence }] of Object.entries(libraries)) {
  const folder = join(target, library);
  mkdirSync(folder, { recursive: true });
  for (const file of files) copyFileSync(join(root, 'node_modules', library, file), join(folder, basename(file)));
  if (licence !== undefined) writeFileSync(join(folder, 'LICENSE'), licence);
}
writeFileSync(join(target, 'package.json'), '{ "type": "commonjs" }\n');

// Whoever installs the package has no types of tfjs, and needs none: they are not part of what it promises.
const types = join(root, 'dist', 'packages', 'engine', 'src', 'tf.d.ts');
const declared = readFileSync(types, 'utf8');
if (!declared.startsWith('// @ts-ignore')) writeFileSync(types, `// @ts-ignore\n${declared}`);

writeFileSync(join(root, 'dist', 'asr.1'), manPage(createProgram({ setExitCode: () => undefined }), programVersion));
