// A link to itself was an internal error, a named pipe was waited for without end, and links between folders were
// walked along every way: each ended the corpus, or never.
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { decodeAudio } from '../../src/audio/decode.js';
import { findRecordings } from '../../src/audio/layouts.js';
import { AsrError, isFatal } from '../../src/core/errors.js';
import { audioConfig } from '../../src/audio/config.js';
import { sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

it.skipIf(process.platform === 'win32')('each costs itself and is named', async () => {
  const data = await temporaryFolder();
  const folder = join(data, 'audio');
  await mkdir(join(folder, 'sub'), { recursive: true });
  await writeFile(join(folder, 'good.wav'), wavBytes([sine(300, 16_000, 0.2)], 16_000, 's16'));
  await symlink('self.wav', join(folder, 'self.wav'));
  await symlink('nothing', join(folder, 'gone.wav'));
  await symlink('..', join(folder, 'sub', 'up'));
  execFileSync('mkfifo', [join(folder, 'pipe.wav')]);
  const server = createServer().listen(join(folder, 'socket.wav'));
  onTestFinished(() => void server.close());
  const found: Record<string, string> = {};
  for await (const candidate of findRecordings(audioConfig.parse({}), data)) {
    const path = 'path' in candidate ? candidate.path : '';
    found[candidate.id] = await decodeAudio(path).then(
      ({ samples }) => String(samples.length),
      (error: unknown) => (error instanceof AsrError && !isFatal(error) ? error.message : 'fatal'),
    );
  }
  expect(Object.keys(found)).toEqual(['gone', 'good', 'pipe', 'self', 'socket']);
  expect(found['good']).toBe('3200');
  expect(found['self']).toMatch(/lead back to themselves/);
  expect(found['pipe']).toMatch(/named pipe/);
  expect(found['socket']).toMatch(/socket/);
  expect(found['gone']).toMatch(/no such file/);
});

it.skipIf(process.platform === 'win32')('folders that link to each other are searched once each', async () => {
  const data = await temporaryFolder();
  const names = Array.from({ length: 8 }, (_, i) => `f${i}`);
  for (const name of names) {
    await mkdir(join(data, 'audio', name), { recursive: true });
    await writeFile(join(data, 'audio', name, `${name}.wav`), '');
    for (const other of names) await symlink(join('..', other), join(data, 'audio', name, `to-${other}`));
  }
  const ids: string[] = [];
  for await (const { id } of findRecordings(audioConfig.parse({}), data)) ids.push(id);
  expect(ids.sort()).toEqual(names);
});
