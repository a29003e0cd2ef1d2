// `asr stage` ended at ctrl-C without a word: neither that it was interrupted nor what the same command does.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { afterStage } from '../../src/cli/interrupt.js';
import { asr } from '../e2e/program.js';
import { temporaryFolder } from '../temporary-folder.js';

it('says whether a stage continues', () => {
  expect(afterStage({ resumable: true }, false)).toBe('The same command continues where it stopped.');
  expect(afterStage({ resumable: true }, true)).toMatch(/without --force continues/);
  expect(afterStage({}, false)).toBe('The same command begins this stage anew.');
});

it('an interrupted stage says so, and the same command ends it', { timeout: 120_000 }, async () => {
  const data = await temporaryFolder();
  const words = ['casa', 'perro', 'gato', 'mesa', 'silla', 'libro', 'puerta', 'ventana', 'calle', 'mundo'];
  const sentence = (i: number): string => [...String(i)].map((digit) => words[Number(digit)]).join(' ');
  const write = (count: number): Promise<void> =>
    writeFile(join(data, 'text.txt'), Array.from({ length: count }, (_, i) => sentence(i)).join('\n'));
  await write(100_000);
  const out = join(data, 'out');
  const args = ['stage', 'text', '--data', data, '--set', 'file=text.txt', '--set', 'language=es', '--out', out];
  const stopped = await asr(args, { interruptWhen: () => existsSync(`${out}.partial`) });
  expect(stopped.code, stopped.stderr).toBe(130);
  expect(stopped.stderr).toMatch(
    /asr: interrupted\n {5}The same command (continues where it stopped|begins this stage)/,
  );
  await write(50);
  const ended = await asr(args);
  expect(ended.code, ended.stderr).toBe(0);
});
