// Live sound over the websocket of `asr serve`, with sessions and uploads beside each other. The model was never
// trained: what matters is that each gets its own words.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Transcript } from '../../src/transcribe/transcript.js';
import { makeSmallModel } from '../transcribe/small-model.js';
import { asr } from './program.js';
import { serve, sound, talk, type Served } from './served.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-live-'));
const at = (name: string): string => join(folder, name);
let served: Served;

beforeAll(async () => {
  await makeSmallModel(at('words'), { words: true });
  served = await serve(['--model', `good=${at('words')}`]);
});
afterAll(async () => {
  await (served as Served | undefined)?.stop();
  rmSync(folder, { recursive: true });
});

describe('live sound', () => {
  it('is heard while it comes', async () => {
    const messages = await talk(served, '?model=good', sound(1, 9).subarray(44));
    const finals = messages.filter(({ type }) => type === 'final');
    expect(messages[0]).toEqual({ type: 'ready', model: 'good' });
    expect(messages.some(({ type }) => type === 'partial')).toBe(true);
    expect(finals.length).toBeGreaterThan(1);
    expect(finals.every(({ text }) => text.length > 0)).toBe(true);
    expect(messages.at(-1)).toEqual({ type: 'end', seconds: 9 });
  });

  it('goes beside uploads and other sessions, each with its own words', async () => {
    const finals = async (seed: number): Promise<string[]> =>
      (await talk(served, '?model=good', sound(seed).subarray(44))).flatMap(({ type, text }) =>
        type === 'final' ? [text] : [],
      );
    const alone = [await finals(1), await finals(2), await finals(3)];
    expect(new Set(alone.map((texts) => texts.join('|'))).size).toBe(3);
    for (const seed of [1, 2, 3]) writeFileSync(at(`${seed}.wav`), sound(seed));
    const told = await asr(['transcribe', '--model', at('words'), '--json', '1.wav', '2.wav', '3.wav'], {
      cwd: folder,
    });
    const texts = told.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Transcript).words!.map(({ word }) => word).join(' '));
    const upload = async (seed: number): Promise<string> => {
      const body = new FormData();
      body.append('file', new Blob([Uint8Array.from(sound(seed))]), 'talk.wav');
      const answer = await fetch(`${served.url}/v1/audio/transcriptions`, { method: 'POST', body });
      return ((await answer.json()) as { text: string }).text;
    };
    const [live, uploaded] = await Promise.all([
      Promise.all([1, 2, 3].map(finals)),
      Promise.all([1, 2, 3, 1, 2, 3].map(upload)),
    ]);
    expect(live).toEqual(alone);
    expect(uploaded).toEqual([...texts, ...texts]);
  });

  it('that is given up leaves the others alone', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/v1/live?model=good`);
    socket.on('open', () => {
      socket.send(sound(2).subarray(44));
    });
    const other = talk(served, '?model=good', sound(1).subarray(44));
    await new Promise((heard) => socket.on('message', heard));
    socket.terminate();
    expect((await other).at(-1)).toEqual({ type: 'end', seconds: 9 });
    while (!/asr_live_sessions 0/.test(await (await fetch(`${served.url}/metrics`)).text()));
  });

  it('is resampled', async () => {
    const messages = await talk(served, '?model=good&rate=48000', sound(1, 9).subarray(44));
    expect(messages.at(-1)).toMatchObject({ type: 'end', seconds: 3 });
  });

  it('is refused where it cannot be understood', async () => {
    const odd = (await talk(served, '', Buffer.alloc(33))).at(-1)!;
    expect([odd.type, odd.error.code]).toEqual(['error', 'odd_message']);
    const broken = Buffer.alloc(6400);
    broken.writeFloatLE(NaN, 400);
    expect((await talk(served, '?format=f32le', broken)).at(-1)!.error.code).toBe('unusable_sound');
    await expect(talk(served, '?rate=7', Buffer.alloc(2))).rejects.toThrow('400');
    await expect(talk(served, '?model=x', Buffer.alloc(2))).rejects.toThrow('404');
  });

  it('from a foreign page is refused', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/v1/live`, { origin: 'https://example.org' });
    await expect(
      new Promise((resolve, reject) => {
        socket.on('open', resolve);
        socket.on('error', reject);
      }),
    ).rejects.toThrow('403');
  });

  it('has few sessions at once', async () => {
    const few = await serve(['--model', at('words'), '--live', '0']);
    await expect(talk(few, '', Buffer.alloc(2))).rejects.toThrow('429');
    await few.stop();
  });
});
