// Live sound through a small model: the same final transcripts however the sound comes in, those of the file where
// speech is cut alike, partial ones on the way, and an end in every case.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Samples } from '../../src/core/time.js';
import { fromGrid } from '../../src/audio/mono.js';
import type { LiveEvent, LiveOptions } from '../../src/transcribe/live.js';
import { liveLineSchema, liveOutput } from '../../src/transcribe/live-output.js';
import { loadModel, type Model } from '../../src/transcribe/model.js';
import { transcribe } from '../../src/transcribe/transcribe.js';
import { babble, makeSmallModel } from './small-model.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-live-'));
let model: Model;
beforeAll(async () => {
  await makeSmallModel(join(folder, 'model'), { kind: 'ctc' });
  model = await loadModel(join(folder, 'model'));
});
afterAll(async () => {
  await model.dispose();
  rmSync(folder, { recursive: true });
});

/** On the 16-bit grid, as every sound that comes from a file or a pipe. */
const sound = (...parts: Float32Array[]): Float32Array =>
  fromGrid(Float32Array.from(parts.flatMap((part) => [...part])).map((value) => Math.round(value * 32767)));
const silence = (seconds: number): Float32Array => new Float32Array(seconds * 16_000);

async function* pieces(samples: Float32Array, size: number): AsyncGenerator<Float32Array> {
  for (let from = 0; from < samples.length; from += size) yield samples.subarray(from, from + size);
}

async function heard(samples: Float32Array, size: number, options: LiveOptions = {}): Promise<LiveEvent[]> {
  const events: LiveEvent[] = [];
  for await (const event of model.live(pieces(samples, size), options)) events.push(event);
  return events;
}

const finals = (events: readonly LiveEvent[]): LiveEvent[] => events.filter(({ kind }) => kind === 'final');
const three = sound(babble(3, 4), silence(1.5), babble(4, 5), silence(1.5), babble(2, 6), silence(1));

describe('model.live', () => {
  it('ends a stretch at each pause, with partial transcripts before it', async () => {
    const events = await heard(three, 1600);
    expect(finals(events)).toHaveLength(3);
    expect(events[0]!.kind).toBe('partial');
    expect(events.filter(({ kind }) => kind === 'partial').length).toBeGreaterThan(3);
    let end = 0;
    for (const { kind, utterance } of events) {
      expect(utterance.start).toBeGreaterThanOrEqual(end);
      expect(utterance.end).toBeLessThanOrEqual(three.length);
      for (const phone of utterance.phones) expect(phone.end).toBeGreaterThan(phone.start);
      if (kind === 'final') ({ end } = utterance);
    }
  });

  it('gives the same final transcripts for pieces of any size', async () => {
    const expected = finals(await heard(three, three.length));
    for (const size of [7, 320, 5000, 40_000]) expect(finals(await heard(three, size)), `${size}`).toEqual(expected);
  });

  it('says in the end of a stretch what the transcript of a file of it says', async () => {
    const words = sound(babble(4, 5).map((value, i) => value + 0.05 * Math.sin(i / 7)));
    const live = finals(await heard(words, 1600));
    expect(live).toHaveLength(1);
    const { phones } = await transcribe(model, words);
    expect(live[0]!.utterance.phones.map(({ phone }) => phone)).toEqual(phones.map(({ phone }) => phone));
  });

  it('cuts speech without a pause, so that memory and delay stay bounded', async () => {
    const tone = Float32Array.from(
      { length: 40 * 16_000 },
      (_, i) => 0.3 * Math.sin((2 * Math.PI * (200 + (i >> 13)) * i) / 16_000),
    );
    const events = finals(await heard(tone, 8000, { every: 2 }));
    expect(events.length).toBeGreaterThanOrEqual(2);
    for (const { utterance } of events) expect(utterance.end - utterance.start).toBeLessThanOrEqual(18 * 16_000);
    expect(events.at(-1)!.utterance.end).toBe(tone.length);
  });

  it('says nothing of silence, of nothing, and after dispose it refuses', async () => {
    expect(await heard(silence(5), 1000)).toEqual([]);
    expect(await heard(new Float32Array(0), 1)).toEqual([]);
    const other = await loadModel(join(folder, 'model'));
    await other.dispose();
    await expect(other.live(pieces(three, 1000)).next()).rejects.toMatchObject({ code: 'usage' });
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      for await (const event of model.live(pieces(three, 1600), { signal: stop.signal }))
        if (event.kind === 'partial') stop.abort(new Error('enough'));
    };
    await expect(run()).rejects.toThrow('enough');
  });
});

describe('the output of live transcripts', () => {
  const run = async (json: boolean, phones: boolean): Promise<{ out: string; shown: string[] }> => {
    let out = '';
    const shown: string[] = [];
    const output = liveOutput({
      write: async (text) => void (out += text),
      show: (text) => void shown.push(text),
      columns: () => 19,
      json,
      phones,
    });
    const word = (text: string): NonNullable<LiveEvent['utterance']['words']>[number] => ({
      ...{ word: text, start: 0 as Samples, end: 8000 as Samples, confidence: 0.5 },
    });
    const utterance = {
      ...{ start: 0 as Samples, end: 16_000 as Samples },
      phones: [{ phone: 'a', start: 0 as Samples, end: 8000 as Samples }],
    };
    await output.event({
      kind: 'partial',
      utterance: { ...utterance, words: ['uno', 'dos', 'tres', 'cuatro'].map(word) },
    });
    await output.event({ kind: 'final', utterance: { ...utterance, words: [word('uno\u001b[31m')] } });
    output.end();
    return { out, shown };
  };

  it('is one line that changes, cut to the terminal, and a line for what is final', async () => {
    const { out, shown } = await run(false, false);
    expect(out).not.toContain('\u001b');
    expect(out).toMatch(/^uno.*\n$/);
    expect(shown[0]).toBe('\r\u001b[K…o dos tres cuatro');
    expect(shown.slice(1)).toEqual(['\r\u001b[K', '\r\u001b[K']);
  });

  it('is a line of JSON for every event, without words for those who want phones', async () => {
    for (const phones of [false, true]) {
      const lines = (await run(true, phones)).out.trim().split('\n');
      const records = lines.map((line) => liveLineSchema.parse(JSON.parse(line)));
      expect(records.map(({ kind }) => kind)).toEqual(['partial', 'final']);
      expect(records[0]).toMatchObject({ schema: 1, start: 0, end: 1, text: phones ? 'a' : 'uno dos tres cuatro' });
      expect(records.some(({ words }) => words)).toBe(!phones);
    }
  });
});
