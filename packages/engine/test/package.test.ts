// The package as its users get it: built, packed, unpacked into an empty folder beside what it depends on, with its
// types and its examples.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const source = dirname(import.meta.dirname);
const modules = join(source, '..', '..', 'node_modules');
const root = mkdtempSync(join(tmpdir(), 'engine-package-'));
const installed = join(root, 'node_modules', 'tfjs-jit');
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Description {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

beforeAll(async () => {
  const compiler = join(modules, 'typescript', 'bin', 'tsc');
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')], {
    cwd: source,
  });
  const { files, dependencies } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Description;
  for (const name of ['package.json', ...files.filter((file) => file !== 'dist')])
    cpSync(join(source, name), join(installed, name), { recursive: true });
  for (const name of Object.keys(dependencies)) {
    const link = join(root, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(modules, name), link, 'dir');
  }
});

it('comes with all that its description names', () => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: { '.': Record<string, string> };
  };
  for (const file of Object.values(exports['.'])) expect(existsSync(join(installed, file)), file).toBe(true);
  for (const file of ['README.md', 'LICENSE']) expect(existsSync(join(installed, file)), file).toBe(true);
});

it('is the same to the program: every dependency in the version that the program has', () => {
  const dependenciesOf = (folder: string): Record<string, string> => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    return { ...devDependencies, ...optionalDependencies, ...dependencies };
  };
  expect(dependenciesOf(join(source, '..', '..'))).toMatchObject(dependenciesOf(source));
});

it.each(readdirSync(join(source, 'examples')))('runs examples/%s', async (name) => {
  const example = join(installed, 'examples', name);
  const { stdout, stderr } = await run(process.execPath, ['--preserve-symlinks-main', example], { cwd: root });
  expect(stderr).toBe('');
  const right = Number(/^right: (\d+) of 1000$/m.exec(stdout)?.[1]);
  expect(right).toBeGreaterThan(960);
});

it('has an example as short as README.md says', () => {
  const lines = readFileSync(join(source, 'examples', 'train.mjs'), 'utf8').split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('//')).length).toBeLessThan(40);
});
