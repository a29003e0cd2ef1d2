// `--force` made a stage again from the pieces that a failed run had left, so that what was wrong in them stayed; and
// nothing said where they lay. Forced, a stage forgets them; failed, it names its folder; interrupted, it says that the
// same command goes on.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withInterrupt } from '../../src/cli/interrupt.js';
import { AsrError } from '../../src/core/errors.js';
import { silentLog } from '../../src/core/log.js';
import { computeSchema, defineStage } from '../../src/core/stage.js';
import { runStage } from '../../src/core/stage-run.js';
import { temporaryFolder } from '../temporary-folder.js';

let made: string[] = [];
let broken = true;
/** Two pieces and their sum; the second fails while `broken`. */
const sums = defineStage({
  name: 'sums',
  version: 1,
  reads: [],
  config: z.object({}),
  async run(io) {
    const folders = await io.pieces(['a', 'b'].map((name) => ({ name, input: name })));
    const texts = await Promise.all(folders.map((folder) => readFile(join(folder, 'value'), 'utf8')));
    await writeFile(join(io.out, 'sum'), texts.join(''));
    return { pieces: texts.length };
  },
  async piece({ out }, input) {
    const name = z.string().parse(input);
    made.push(name);
    if (name === 'b' && broken) throw new AsrError('input', 'b is bad', 'Mend b.');
    await writeFile(join(out, 'value'), name);
  },
});

async function stage() {
  const out = join(await temporaryFolder(), 'sums');
  made = [];
  const common = { inputs: {}, out, config: {}, data: '.', seed: 1, log: silentLog, compute: computeSchema.parse({}) };
  return {
    out,
    go: (force: boolean, signal?: AbortSignal) => runStage(sums, { ...common, force, ...(signal ? { signal } : {}) }),
  };
}

describe('a stage that failed', () => {
  it('names the folder that is kept, and goes on from it', async () => {
    const { out, go } = await stage();
    broken = true;
    const error = await go(false).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AsrError);
    const { message, hint, code } = error as AsrError;
    expect([code, message]).toEqual(['input', 'b is bad']);
    expect(hint).toBe(
      `Mend b. What it has finished is kept; to start this stage anew, remove ${out}.partial or add --force.`,
    );
    expect(existsSync(`${out}.partial`)).toBe(true);
    broken = false;
    await go(false);
    expect(made).toEqual(['a', 'b', 'b']);
  });

  it('forgets its pieces when it is forced', async () => {
    const { out, go } = await stage();
    broken = true;
    await expect(go(false)).rejects.toThrow('b is bad');
    await writeFile(join(`${out}.partial`, 'pieces', 'a', 'value'), 'wrong');
    broken = false;
    await go(true);
    expect(made).toEqual(['a', 'b', 'a', 'b']);
    expect(await readFile(join(out, 'sum'), 'utf8')).toBe('ab');
  });
});

it('an interruption says that the same command continues', async () => {
  const stopped = withInterrupt(async (signal) => {
    process.emit('SIGINT', 'SIGINT');
    signal.throwIfAborted();
  });
  await expect(stopped).rejects.toMatchObject({
    code: 'interrupted',
    hint: 'The same command continues where it stopped.',
  });
  const named = withInterrupt(() => Promise.reject(new AsrError('interrupted', '3 of 9', 'Add --skip-existing.')));
  await expect(named).rejects.toMatchObject({ hint: 'Add --skip-existing.' });
});
