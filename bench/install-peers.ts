// Programs of others for the duels: a Python virtual environment with what bench/peers/requirements.txt pins. Each is
// installed and imported by itself, so that one that cannot be is missing alone; a line each says its version or why.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AsrError } from '../src/core/errors.js';
import { peerFolder } from './peer.js';
import type { Line } from './table.js';

/** Where the module is not called as the package. */
const modules: Readonly<Record<string, string>> = {
  'faiss-cpu': 'faiss',
  'scikit-learn': 'sklearn',
  'flashlight-text': 'flashlight.lib.text.decoder',
  'kalpy-kaldi': '_kalpy',
};

/** The environment is what later duels of this process use. */

export async function* installPeers(folder: string): AsyncGenerator<Line> {
  const python = join(resolve(folder), 'bin', 'python');
  process.env['ASR_BENCH_PYTHON'] = python;
  if (!existsSync(python) && run('python3', ['-m', 'venv', folder]) !== undefined)
    throw new AsrError('dependency', `python3 -m venv ${folder} failed`, 'Python 3.10 or later with venv is needed.');
  const wanted = readFileSync(join(peerFolder, 'requirements.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const requirement of wanted) {
    const [name = '', version = ''] = requirement.split('==');
    const check =
      `import ${modules[name] ?? name}, importlib.metadata as m\n` +
      `assert m.version('${name}').split('+')[0] == '${version}', m.version('${name}') + ' is installed'`;
    let problem = run(python, ['-c', check]);
    if (problem !== undefined) {
      const installing = run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
      problem = installing ?? run(python, ['-c', check]);
    }
    yield { name: requirement, peer: problem === undefined ? 'there' : `missing: ${problem}` };
  }
}

/** Undefined, or what the program said last. */
function run(program: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `ended with ${String(status)}`;
}
