// Checkpoints of encoders, exported as people export them, against the states that transformers computes: the largest
// difference of every block, and whether onnx's checker accepts the part that a bundle keeps.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsrError } from '../src/core/errors.js';
import { readFloatNpy } from '../src/core/npy.js';
import { computeSchema } from '../src/core/stage.js';
import { featuresConfig } from '../src/features/config.js';
import { createEncoder, prepareEncoder } from '../src/features/encoder.js';
import { Peer } from './peer.js';
import type { Line } from './table.js';

const packages = ['torch', 'transformers', 'optimum[onnxruntime]', 'onnx', 'onnxscript', 'numpy'];

/** The Python of a virtual environment with what exports need; made where it is not there. */
export function exportPython(folder: string): string {
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  for (const [program, ...args] of [
    ['python3', '-m', 'venv', folder],
    [python, '-m', 'pip', 'install', ...packages],
  ] as [string, ...string[]][]) {
    const { status } = spawnSync(program, args, { stdio: 'inherit' });
    if (status !== 0)
      throw new AsrError(
        'dependency',
        `${program} ${args.join(' ')} failed`,
        'Python 3.10 or later with venv is needed.',
      );
  }
  return python;
}

/** Exports every checkpoint in `golden` into `out/<family>/<form>`. */
export function exportAll(python: string, golden: string, out: string, families = ''): void {
  const script = join(process.cwd(), 'bench', 'peers', 'export_encoders.py');
  const { status } = spawnSync(python, [script, golden, out, families], { stdio: ['ignore', 'inherit', 'ignore'] });
  if (status !== 0)
    throw new AsrError('dependency', `${script} ended with ${status}`, `Run it by hand with ${python}.`);
}

interface Golden {
  readonly sound: Float32Array;
  /** [blocks + 1, frames, dim] */
  readonly states: { readonly data: Float32Array; readonly shape: readonly number[] };
}

const compute = computeSchema.parse({ threads: 1 });

/** One line for each family and form: for every block the largest difference over the largest value. */
export async function* compareExports(
  exports: string,
  golden: string,
  python: string | undefined,
): AsyncGenerator<Line> {
  const checker = python === undefined ? undefined : new Peer('check_onnx.py', python);
  const ended = mkdtempSync(join(tmpdir(), 'asr-ended-'));
  try {
    const { data: sound } = await readFloatNpy(join(golden, 'sound-1.00s.npy'));
    for (const family of readdirSync(exports).sort()) {
      const states = await readFloatNpy(join(golden, family, 'states-1.00s.npy'));
      for (const form of readdirSync(join(exports, family)).sort()) {
        const model = join(exports, family, form);
        const worst = await differences(model, { sound, states });
        yield {
          family,
          form,
          ...Object.fromEntries(worst.map((value, block) => [`block ${block}`, value])),
          ...(checker ? await checked(model, ended, checker) : {}),
        };
      }
    }
  } finally {
    checker?.close();
    rmSync(ended, { recursive: true });
  }
}

async function differences(model: string, { sound, states }: Golden): Promise<(number | string)[]> {
  const [blocks = 0, rows = 0, dim = 0] = states.shape;
  const found: (number | string)[] = [];
  for (let layer = 0; layer < blocks; layer++) {
    const expected = states.data.subarray(layer * rows * dim, (layer + 1) * rows * dim);
    try {
      const encoder = await createEncoder(featuresConfig.parse({ kind: 'onnx', model, layer }), compute, '.');
      const { data } = await encoder.extract(sound);
      await encoder.dispose();
      const most = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      const off = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (data[i] ?? Infinity))), 0);
      found.push(Number((off / most).toExponential(1)));
    } catch (error) {
      found.push((error as Error).message.replace(model, ''));
    }
  }
  return found;
}

/** What a bundle would keep of the model, and the export itself, through onnx's checker. */
async function checked(model: string, folder: string, checker: Peer): Promise<Record<string, string>> {
  const verdict = async (path: string): Promise<string> => {
    const answer = await checker.ask<{ ok: boolean; why?: string }>({ path });
    return answer.ok ? 'passes' : (answer.why ?? 'fails');
  };
  const { model: bytes } = await prepareEncoder(featuresConfig.parse({ kind: 'onnx', model, layer: 2 }), '.');
  const path = join(folder, 'model.onnx');
  writeFileSync(path, bytes);
  return { 'ended model': await verdict(path), 'export itself': await verdict(join(model, 'model.onnx')) };
}
