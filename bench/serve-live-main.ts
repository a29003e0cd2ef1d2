// node dist/bench/serve-live-main.js MODEL FOLDER [sessions] [seconds]: how long `asr serve` takes to answer /healthz
// while it hears live sound, as fast as it can hear it; and what it takes with nobody there.
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { decodeWav } from '../src/audio/wav.js';

const [model, folder, sessions = '1', seconds = '20'] = process.argv.slice(2);
if (model === undefined || folder === undefined) throw new Error('give a model and a folder of wav files');
const program = join(fileURLToPath(new URL('../../', import.meta.url)), 'bin', 'asr.js');
const server = spawn(process.execPath, [program, 'serve', '--model', model, '--port', '0']);
const url = await new Promise<string>((resolve) => {
  server.stdout.once('data', (chunk: Buffer) => {
    resolve(chunk.toString().trim());
  });
});
const names = (await readdir(folder)).filter((name) => name.endsWith('.wav')).sort();
const sounds: Buffer[] = [];
for (const name of names.slice(0, 40)) {
  const sound = decodeWav(await readFile(join(folder, name)), name);
  if (sound) sounds.push(Buffer.from(sound.samples.buffer, sound.samples.byteOffset, sound.samples.byteLength));
}

/** Sends all sounds in pieces of a fifth of a second, again and again; the server slows the sender down. */
function talk(end: number): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/live`);
  let heard = 0;
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => void send());
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString()) as { type: string; end?: number };
      heard = message.end ?? heard;
    });
    socket.on('close', () => {
      resolve(heard);
    });
    const send = async (): Promise<void> => {
      const pieces = sounds.flatMap((sound) =>
        Array.from({ length: Math.ceil(sound.length / 6400) }, (_, i) => sound.subarray(i * 6400, (i + 1) * 6400)),
      );
      for (let i = 0; performance.now() < end; i++) {
        socket.send(pieces[i % pieces.length] as Buffer);
        while (socket.bufferedAmount > 64_000 && performance.now() < end) await new Promise((r) => setTimeout(r, 10));
      }
      socket.terminate();
    };
  });
}

async function delays(end: number): Promise<string> {
  const took: number[] = [];
  while (performance.now() < end) {
    const asked = performance.now();
    await (await fetch(`${url}/healthz`)).arrayBuffer();
    took.push(performance.now() - asked);
    await new Promise((r) => setTimeout(r, 20));
  }
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): string => sorted[Math.ceil(share * sorted.length) - 1]!.toFixed(1);
  return `${took.length} answers, ms: median ${at(0.5)}, 99 of 100 within ${at(0.99)}, slowest ${at(1)}`;
}

process.stdout.write(`nobody there: ${await delays(performance.now() + 3000)}\n`);
const end = performance.now() + Number(seconds) * 1000;
const [told, ...heard] = await Promise.all([delays(end), ...Array.from({ length: Number(sessions) }, () => talk(end))]);
const sum = heard.reduce((total, one) => total + one, 0);
process.stdout.write(`${sessions} live sessions: ${told}; ${(sum / Number(seconds)).toFixed(1)} s of sound a second\n`);
server.kill('SIGINT');
