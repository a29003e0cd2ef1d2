// A network drive that answered ESTALE or ETIMEDOUT for one file ended the whole run as "a bug"; the same of an item of
// the run's own folders. The item is left out and counted; what cannot be written still ends the run.
import { readFileSync, symlinkSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { audioStage } from '../../src/audio/stage.js';
import { driveProblem, isFatal, itemProblem, toAsrError } from '../../src/core/errors.js';
import { silentLog } from '../../src/core/log.js';
import { runStage } from '../../src/core/stage-run.js';
import { computeSchema } from '../../src/core/stage.js';
import { vadConfig } from '../../src/vad/config.js';
import { vadStage } from '../../src/vad/stage.js';
import { sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

/** As Node throws it. */
const systemError = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: said the system, ${syscall} 'a.wav'`), {
    errno: -1,
    code,
    syscall,
    path: '/net/a.wav',
  });

describe('an error of the system', () => {
  it.each(['EIO', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'ENOTCONN', 'EREMOTEIO', 'EUCLEAN'])(
    '%s is the bad luck of the item that is read, and the end where a result is written',
    (code) => {
      for (const call of ['open', 'read', 'stat', 'scandir']) {
        const error = toAsrError(systemError(code, call));
        expect([error.code, isFatal(error)]).toEqual(['io', false]);
        expect(error.message).toMatch(/^\/net\/a\.wav: /);
        expect(itemProblem(systemError(code, call)).message).toBe(error.message);
      }
      for (const call of ['write', 'fsync', 'rename']) expect(() => itemProblem(systemError(code, call))).toThrow();
    },
  );

  it('ends the run where every item would meet it', () => {
    for (const code of ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM'])
      expect(() => itemProblem(systemError(code, 'open')), code).toThrow();
    expect(() => itemProblem(new TypeError('a mistake of ours'))).toThrow('a mistake of ours');
    expect(() => driveProblem(toAsrError(new SyntaxError('damaged')))).toThrow('damaged');
  });

  it.skipIf(process.platform !== 'linux')('costs one recording of the run’s own folder, by name', async () => {
    const data = await temporaryFolder();
    await mkdir(join(data, 'audio'));
    for (const [i, name] of ['a', 'b', 'c'].entries())
      await writeFile(join(data, 'audio', `${name}.wav`), wavBytes([sine(300 + 100 * i, 16_000, 1)], 16_000, 's16'));
    const common = { data, seed: 1, log: silentLog, compute: computeSchema.parse({}) };
    const audio = join(data, 'out', 'audio');
    await runStage(audioStage, { ...common, inputs: {}, out: audio, config: audioConfig.parse({ speakers: 'one' }) });
    // Reading the memory of a process at 0 is an input/output error, as of a broken disk.
    symlinkSync('/proc/self/mem', join(audio, 'samples', '00001.npy'));
    const index = join(audio, 'samples', 'index.jsonl');
    const lines = readFileSync(index, 'utf8');
    await writeFile(index, lines.replace(/("id":"b".*"shard":)0/, '$11'));
    expect(readFileSync(index, 'utf8')).not.toBe(lines);
    const vad = join(data, 'out', 'vad');
    const { record } = await runStage(vadStage, {
      ...common,
      inputs: { audio },
      out: vad,
      config: vadConfig.parse({}),
    });
    expect([record.counts['utterances'], record.skipped]).toEqual([2, 1]);
    const skipped = await readFile(join(vad, 'skipped.jsonl'), 'utf8');
    expect(skipped).toMatch(/"id":"b","reason":"[^"]*00001\.npy: the disk or network drive reports an error/);
  });
});
