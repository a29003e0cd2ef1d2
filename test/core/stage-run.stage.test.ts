import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/core/log.js';
import { computeSchema, defineStage } from '../../src/core/stage.js';
import { readStageRecord, runStage, stageState } from '../../src/core/stage-run.js';
import { temporaryFolder } from '../temporary-folder.js';

let runs = 0;
const source = defineStage({
  name: 'source',
  version: 1,
  reads: [],
  config: z.object({ n: z.number().default(1) }),
  external: (_config, data) => [join(data, 'input.txt')],
  async run({ out, config, data, rng }) {
    runs++;
    const text = await readFile(join(data, 'input.txt'), 'utf8');
    await writeFile(join(out, 'value.txt'), `${text.trim()} ${config.n} ${rng.uniform()}`);
    return { values: 1 };
  },
});
const copy = defineStage({
  name: 'copy',
  version: 1,
  reads: ['source'],
  config: z.object({}),
  async run({ inputs, out, skip }) {
    runs++;
    await skip('bad "one"', 'for the test');
    await writeFile(join(out, 'copy.txt'), await readFile(join(inputs['source'], 'value.txt')));
    return { values: 1 };
  },
});

async function run(): Promise<{ folder: string; go: (n?: number, seed?: number) => Promise<boolean[]> }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'input.txt'), 'hello');
  const common = { data: folder, log: silentLog, compute: computeSchema.parse({}) };
  const go = async (n = 1, seed = 1): Promise<boolean[]> => {
    const first = await runStage(source, { ...common, seed, inputs: {}, out: join(folder, 'source'), config: { n } });
    const second = await runStage(copy, {
      ...common,
      seed,
      inputs: { source: join(folder, 'source') },
      out: join(folder, 'copy'),
      config: {},
    });
    return [first.skipped, second.skipped];
  };
  return { folder, go };
}

describe('runStage', () => {
  it('runs once, then skips as long as nothing changed', async () => {
    const { go } = await run();
    const before = runs;
    expect(await go()).toEqual([false, false]);
    expect(await go()).toEqual([true, true]);
    expect(runs - before).toBe(2);
  });

  it('runs again, and what depends on it too, when config, seed or an outside file changed', async () => {
    const { folder, go } = await run();
    await go();
    expect(await go(2)).toEqual([false, false]);
    expect(await go(2, 9)).toEqual([false, false]);
    await writeFile(join(folder, 'input.txt'), 'other');
    expect(await go(2, 9)).toEqual([false, false]);
    expect(await readFile(join(folder, 'copy', 'copy.txt'), 'utf8')).toMatch(/^other 2 /);
  });

  it('says why a stage would run', async () => {
    const { folder, go } = await run();
    await go();
    const options = {
      data: folder,
      log: silentLog,
      compute: computeSchema.parse({}),
      seed: 1,
      inputs: {},
      out: join(folder, 'source'),
    };
    expect(await stageState(source, { ...options, config: { n: 1 } })).toMatchObject({ upToDate: true });
    expect(await stageState(source, { ...options, config: { n: 5 } })).toMatchObject({
      upToDate: false,
      reason: 'its config changed: n 1 -> 5',
    });
    expect(await stageState(source, { ...options, config: { n: 1 }, seed: 2 })).toMatchObject({
      reason: 'the seed changed',
    });
    await writeFile(join(folder, 'input.txt'), 'x');
    expect(await stageState(source, { ...options, config: { n: 1 } })).toMatchObject({
      reason: `changed input: ${join(folder, 'input.txt')}`,
    });
  });

  it('records what was done and what was left out', async () => {
    const { folder, go } = await run();
    await go();
    expect(await readStageRecord(join(folder, 'copy'))).toMatchObject({
      stage: 'copy',
      seed: 1,
      counts: { values: 1 },
      skipped: 1,
    });
    expect(JSON.parse(await readFile(join(folder, 'copy', 'skipped.jsonl'), 'utf8'))).toEqual({
      id: 'bad "one"',
      reason: 'for the test',
    });
    expect(existsSync(join(folder, 'copy.partial'))).toBe(false);
  });

  it('keeps the old result when a later run fails, and leaves nothing that counts as done', async () => {
    const { folder, go } = await run();
    await go();
    const failing = defineStage({
      name: 'source',
      version: 1,
      reads: [],
      config: source.config,
      run: async ({ out }) => {
        await writeFile(join(out, 'value.txt'), 'half');
        throw new Error('no');
      },
    });
    const options = {
      data: folder,
      log: silentLog,
      compute: computeSchema.parse({}),
      seed: 1,
      inputs: {},
      out: join(folder, 'source'),
      config: { n: 3 },
    };
    await expect(runStage(failing, options)).rejects.toThrow('no');
    expect(await readFile(join(folder, 'source', 'value.txt'), 'utf8')).toMatch(/^hello 1 /);
    expect(await go(1)).toEqual([true, true]);
  });

  it('gives a resumable stage its own unfinished folder back, but only for the same work', async () => {
    const folder = await temporaryFolder();
    const found: boolean[] = [];
    let fail = true;
    const slow = defineStage({
      name: 'slow',
      version: 1,
      reads: [],
      config: z.object({ n: z.number() }),
      resumable: true,
      async run({ out }) {
        found.push(existsSync(join(out, 'checkpoint')));
        await writeFile(join(out, 'checkpoint'), '');
        if (fail) throw new Error('killed');
        return {};
      },
    });
    const options = (n: number) => ({
      data: folder,
      log: silentLog,
      compute: computeSchema.parse({}),
      seed: 1,
      inputs: {},
      out: join(folder, 'slow'),
      config: { n },
    });
    await expect(runStage(slow, options(1))).rejects.toThrow('killed');
    await expect(runStage(slow, options(2))).rejects.toThrow('killed');
    fail = false;
    await runStage(slow, options(2));
    expect(found).toEqual([false, false, true]);
  });

  it('refuses inputs that are missing, unfinished or of another stage', async () => {
    const { folder, go } = await run();
    await go();
    const options = {
      data: folder,
      log: silentLog,
      compute: computeSchema.parse({}),
      seed: 1,
      out: join(folder, 'again'),
      config: {},
    };
    await expect(runStage(copy, { ...options, inputs: {} })).rejects.toThrow(/no folder given for its input "source"/);
    await mkdir(join(folder, 'empty'));
    await expect(runStage(copy, { ...options, inputs: { source: join(folder, 'empty') } })).rejects.toThrow(
      /holds no finished "source" stage/,
    );
    await expect(runStage(copy, { ...options, inputs: { source: join(folder, 'copy') } })).rejects.toThrow(
      /holds stage "copy", expected "source"/,
    );
  });

  it.skipIf(process.getuid?.() === 0)('says so when the folder cannot be written', async () => {
    const { folder, go } = await run();
    await chmod(folder, 0o500);
    await expect(go()).rejects.toThrow(/EACCES/);
    await chmod(folder, 0o700);
  });
});
