// The package as its users get it: packed, installed into an empty folder by npm, pnpm and yarn, all without install
// scripts, run as a command, imported from ES modules, CommonJS and TypeScript. Skipped where no registry answers.
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageName } from '../../src/core/version.js';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { projectFolder } from './program.js';

const run = promisify(execFile);
const root = mkdtempSync(join(tmpdir(), 'asr-package-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** npm reads the settings of the folder that it works in: not this project's, which forbid install scripts. */
const npm = (args: readonly string[], cwd: string): Promise<{ stdout: string }> =>
  run('npm', [...args, '--no-audit', '--no-fund', '--no-progress', '--prefer-offline'], { cwd, maxBuffer: 2 ** 26 });

function answers(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { cwd: root, stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}

const registry = answers('npm', ['view', 'yaml', 'version', '--fetch-retries=0']);
const pnpm = registry && answers('npx', ['--yes', 'pnpm@10', '--version']);

const yarn = registry && answers('npx', ['--yes', 'yarn@1.22.22', '--version']);

const megabytes = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1e6;

describe.skipIf(!registry)('the packed package', () => {
  let tarball = '';
  const model = join(root, 'model');
  const sound = join(root, 'sound.wav');
  const empty = (name: string): string => {
    const folder = join(root, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    return folder;
  };

  beforeAll(async () => {
    await npm(['pack', '--ignore-scripts', '--pack-destination', root], projectFolder);
    tarball = join(
      root,
      readdirSync(root).find((name) => name.endsWith('.tgz'))!,
    );
    await makeSmallModel(model);
    writeFileSync(sound, wavBytes([babble(5)], 16_000, 's16'));
  });

  /** Recognises the sound with the command that was installed. @returns what it printed */
  async function transcribes(folder: string, env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string; stderr: string }> {
    return run(join(folder, 'node_modules', '.bin', 'asr'), ['transcribe', sound, '--model', model], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
  }

  describe('installed by npm', () => {
    let folder = '';
    let expected = '';
    beforeAll(async () => {
      folder = empty('npm');
      await npm(['install', '--ignore-scripts', tarball], folder);
    });

    it('transcribes, without a word on stderr', async () => {
      const { stdout, stderr } = await transcribes(folder);
      expect(stdout).toMatch(/^[aeklmst]( [aeklmst])+\n$/);
      expect(stderr).toBe('');
      expected = stdout;
    });

    it('needs at most 100 MB beside the native library, and ships no benchmarks', () => {
      const modules = join(folder, 'node_modules');
      expect(megabytes(modules) - megabytes(join(modules, 'onnxruntime-node'))).toBeLessThan(100);
      const own = join(modules, packageName);
      expect(existsSync(join(own, 'dist', 'bench'))).toBe(false);
      expect(existsSync(join(own, 'test'))).toBe(false);
      expect(existsSync(join(own, 'dist', 'asr.1'))).toBe(true);
    });

    it.each([
      ['esm.mjs', `import { formatNames } from '${packageName}'; console.log(formatNames.includes('srt'));`],
      ['dynamic.cjs', `import('${packageName}').then(({ formatNames }) => console.log(formatNames.includes('srt')));`],
    ])('is imported by %s', async (file, code) => {
      writeFileSync(join(folder, file), code);
      const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder });
      expect([stdout, stderr]).toEqual(['true\n', '']);
    });

    it('is required by CommonJS, where Node can', async () => {
      writeFileSync(
        join(folder, 'required.cjs'),
        `console.log(require('${packageName}').formatNames.includes('srt'));`,
      );
      const { stdout } = await run(process.execPath, ['--no-warnings', 'required.cjs'], { cwd: folder });
      expect(stdout).toBe('true\n');
    });

    it.each(['node16', 'nodenext', 'bundler'])('has types for moduleResolution %s', async (moduleResolution) => {
      const types = join(folder, 'node_modules', '@types');
      mkdirSync(types, { recursive: true });
      if (!existsSync(join(types, 'node')))
        for (const name of ['@types/node', 'undici-types'])
          symlinkSync(join(projectFolder, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
      writeFileSync(
        join(folder, 'typed.mts'),
        `import { loadModel, transcribe, type Model } from '${packageName}';
const model: Model = await loadModel('model');
const phones: readonly string[] = (await transcribe(model, 'a.wav')).phones.map(({ phone }) => phone);
// @ts-expect-error: a number is no folder
await loadModel(phones.length);\n`,
      );
      const config = join(folder, `tsconfig.${moduleResolution}.json`);
      const module = moduleResolution === 'bundler' ? 'esnext' : moduleResolution;
      const compilerOptions = { module, moduleResolution, target: 'es2022', strict: true, noEmit: true };
      writeFileSync(
        config,
        JSON.stringify({ compilerOptions: { ...compilerOptions, types: ['node'] }, files: ['typed.mts'] }),
      );
      const compiler = join(projectFolder, 'node_modules', 'typescript', 'bin', 'tsc');
      const { stdout } = await run(process.execPath, [compiler, '-p', config], { cwd: folder }).catch(
        (failure: { stdout: string }) => failure,
      );
      expect(stdout).toBe('');
    });

    it('computes in WebAssembly where the native library is missing, and says so in one line', async () => {
      // Aside, not copied: the library has hundreds of megabytes.
      const [library, aside] = [join(folder, 'node_modules', 'onnxruntime-node'), join(root, 'aside')];
      renameSync(library, aside);
      const { stdout, stderr } = await transcribes(folder).finally(() => {
        renameSync(aside, library);
      });
      expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^warning: onnxruntime-node .* WebAssembly/)]);
      expect(stdout).toBe(expected);
    });
  });

  it.skipIf(!pnpm)('is installed by pnpm', async () => {
    const folder = empty('pnpm');
    await run('npx', ['--yes', 'pnpm@10', 'add', '--ignore-scripts', '--store-dir', join(root, 'store'), tarball], {
      cwd: folder,
    });
    expect((await transcribes(folder)).stdout).toMatch(/^[aeklmst]( [aeklmst])+\n$/);
  });

  it.skipIf(!yarn)('is installed by yarn', async () => {
    const folder = empty('yarn');
    const command = ['--yes', 'yarn@1.22.22', 'add', '--ignore-scripts', '--cache-folder', join(root, 'yarn-cache')];
    await run('npx', [...command, tarball], { cwd: folder, maxBuffer: 2 ** 26 });
    expect((await transcribes(folder)).stdout).toMatch(/^[aeklmst]( [aeklmst])+\n$/);
  });
});
