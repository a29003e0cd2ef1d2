// `asr stage audio` by hand, into the folder of a run, decoded the recordings of a person whom `asr forget` had taken
// out of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecordings } from '../../src/audio/samples.js';
import { main } from '../../src/cli/main.js';
import { wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

describe('asr stage audio in a run', () => {
  it('leaves out whom forgotten.json and the command name', async () => {
    const folder = await temporaryFolder();
    for (const speaker of ['ana', 'ben', 'eva']) {
      mkdirSync(join(folder, 'audio', speaker), { recursive: true });
      const sound = Float32Array.from({ length: 8000 }, (_, i) => 0.3 * Math.sin(i / 7));
      writeFileSync(join(folder, 'audio', speaker, `${speaker}.wav`), wavBytes([sound], 16_000, 's16'));
    }
    const run = join(folder, 'runs', 'mine');
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, 'forgotten.json'), '{"speakers":["ben"],"recordings":[]}');
    const command = ['stage', 'audio', '--data', folder, '--set', 'without={speakers: [eva], recordings: []}'];
    for (const [out, left] of [
      [join(run, 'audio'), ['ana']],
      [join(folder, 'elsewhere'), ['ana', 'ben']],
    ] as const) {
      expect(await main([...command, '--out', out])).toBe(0);
      const found: string[] = [];
      for await (const { speaker } of readRecordings(out)) found.push(speaker);
      expect(found.sort()).toEqual(left);
    }
  });
});
