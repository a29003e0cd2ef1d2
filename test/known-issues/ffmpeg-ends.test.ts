// A sound file could make ffmpeg call an address, read another file, or wait for ever,
// and a killed program left it behind.
import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { decodeAudio, streamAudio } from '../../src/audio/decode.js';
import { findFfmpeg } from '../../src/audio/ffmpeg-program.js';
import { promisedSeconds } from '../../src/audio/ffmpeg.js';
import { sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

it('playlists and presentations call nobody and read no other file, whatever their ending', async () => {
  const folder = await temporaryFolder();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('x');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((done) => server.once('listening', done));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/leak`;
  await writeFile(join(folder, 'secret.wav'), wavBytes([sine(300, 16_000, 1)], 16_000, 's16'));
  const files: Record<string, string> = {
    'hls.mp3': `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\nsecret.wav\n#EXT-X-ENDLIST\n`,
    'hls.wav': `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\n${address}\n`,
    'live.ogg': `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:1.2,\nsecret.wav\n`,
    'dash.m4a':
      '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ' +
      'mediaPresentationDuration="PT10S" minBufferTime="PT1S" ' +
      'profiles="urn:mpeg:dash:profile:isoff-main:2011"><Period><AdaptationSet ' +
      'mimeType="audio/mp4"><Representation id="1" mimeType="audio/mp4" bandwidth="64000"><BaseURL>' +
      `${address}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    'concat.flac': `ffconcat version 1.0\nfile secret.wav\n`,
    'sdp.mp3': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n`,
    'graph.mka': 'sine=frequency=300:duration=1',
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
    await expect(decodeAudio(join(folder, name))).rejects.toMatchObject({ code: 'input' });
    await promisedSeconds(join(folder, name));
  }
  expect(asked).toEqual([]);
});

/** A program in ffmpeg's place. @param then what it does when it is asked to decode */
async function fakeFfmpeg(folder: string, then: string): Promise<string> {
  const path = join(folder, 'ffmpeg');
  await writeFile(
    path,
    '#!/bin/sh\nif [ "$1" = -version ]; then echo ffmpeg version 0; exit; fi\necho $$ >> ' +
      `${JSON.stringify(join(folder, 'pids'))}\n${then}\n`,
  );
  await chmod(path, 0o755);
  return path;
}

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // One that has ended and waits to be asked for its code still has a number.
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .startsWith('Z');
  } catch {
    return false;
  }
};

it.skipIf(process.platform === 'win32')('an ffmpeg that says nothing is stopped, with what it started', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'x.mp3'), 'no sound');
  process.env.ASR_FFMPEG_IDLE = '0.5';
  for (const then of ['sleep 600', 'sleep 600 & echo $! >> "$(dirname "$0")/pids"; wait', 'exec 1>&-; sleep 600']) {
    process.env.FFMPEG_PATH = await fakeFfmpeg(folder, then);
    await expect(decodeAudio(join(folder, 'x.mp3'))).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/x\.mp3": ffmpeg said nothing for 0\.5 seconds/),
    });
    const stream = streamAudio(join(folder, 'x.mp3'));
    await expect(stream.next()).rejects.toThrow(/said nothing/);
    expect(await promisedSeconds(join(folder, 'x.mp3'))).toBeUndefined();
  }
  const pids = (await readFile(join(folder, 'pids'), 'utf8')).trim().split('\n').map(Number);
  expect(pids.length).toBeGreaterThanOrEqual(9);
  await expect.poll(() => pids.filter(runs), { timeout: 20_000 }).toEqual([]);
});

it.skipIf(process.platform === 'win32')('no ffmpeg outlives a program that was killed', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'audio'));
  await writeFile(join(folder, 'audio', 'x.mp3'), 'no sound');
  const ffmpeg = await fakeFfmpeg(folder, 'sleep 600');
  const entry = join(import.meta.dirname, '..', '..', 'bin', 'asr.js');
  const program = spawn(process.execPath, [entry, 'stage', 'audio', '--data', folder, '--out', join(folder, 'out')], {
    env: { ...process.env, FFMPEG_PATH: ffmpeg },
    stdio: 'ignore',
  });
  const pids = async (): Promise<number[]> =>
    (await readFile(join(folder, 'pids'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number);
  await expect.poll(async () => (await pids()).length, { timeout: 60_000 }).toBe(1);
  await wait(200);
  const [pid = 0] = await pids();
  expect(runs(pid)).toBe(true);
  program.kill('SIGKILL');
  await expect.poll(() => runs(pid), { timeout: 30_000 }).toBe(false);
});

it('the program from npm is found where the system has none', async () => {
  process.env.PATH = '';
  delete process.env.FFMPEG_PATH;
  expect(await findFfmpeg()).toMatch(/node_modules/);
});
