// Some texts send eSpeak NG into an endless loop: one line of them ended every run.
import { afterEach, expect, it } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEspeak, UnspokenError } from '../../src/espeak/espeak.js';
import { silentLog } from '../../src/core/log.js';
import { runStage } from '../../src/core/stage-run.js';
import { textConfig } from '../../src/text/config.js';
import { textStage } from '../../src/text/stage.js';
import { temporaryFolder } from '../temporary-folder.js';

const endless = "s'".repeat(90);
afterEach(() => {
  delete process.env.ASR_ESPEAK_LIMIT;
});

it('a call ends, says of what, and the next one works', async () => {
  process.env.ASR_ESPEAK_LIMIT = '1';
  const espeak = await createEspeak();
  const casa = espeak.phonemise('casa', 'es');
  expect(() => espeak.phonemise(endless, 'en-us')).toThrow(UnspokenError);
  expect(() => espeak.phonemise(endless, 'en-us')).toThrow(/does not come back from "s's's/);
  expect(espeak.phonemise('casa', 'es')).toBe(casa);
  espeak.dispose();
});

it('the text stage drops the line by its number and goes on', async () => {
  process.env.ASR_ESPEAK_LIMIT = '1';
  const data = await temporaryFolder();
  const lines = ['the cat sat', 'a dog runs', endless, 'we like green tea'];
  await writeFile(join(data, 'text.txt'), lines.join('\n'));
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message), child: () => log };
  const { record } = await runStage(textStage, {
    ...{ inputs: {}, out: join(data, 'text'), data, seed: 1, log, compute: { engine: 'cpu' as const, threads: 1 } },
    config: textConfig.parse({ language: 'en-us', minPhoneShare: 0 }),
  });
  expect(record.counts).toMatchObject({ sentences: 3, 'dropped sentences': 1 });
  expect(warnings.join('\n')).toMatch(/does not come back from line 3/);
});
