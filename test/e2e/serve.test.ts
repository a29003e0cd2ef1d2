// `asr serve` as its clients meet it: OpenAI's own client, fetch; and everything that it refuses. The model
// was never trained: what matters is that each gets what `asr transcribe` gives for the same sound.
import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSmallModel } from '../transcribe/small-model.js';
import type { Transcript } from '../../src/transcribe/transcript.js';
import { asr } from './program.js';
import { serve, sound, talk, type Served } from './served.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-serve-'));
const at = (name: string): string => join(folder, name);
const uploads = join(folder, 'tmp');
let served: Served;
let expected: Transcript[];
let client: OpenAI;

beforeAll(async () => {
  await makeSmallModel(at('words'), { words: true });
  await makeSmallModel(at('plain'));
  for (const seed of [1, 2, 3]) writeFileSync(at(`${seed}.wav`), sound(seed));
  const told = await asr(['transcribe', '--model', at('words'), '--json', '1.wav', '2.wav', '3.wav'], { cwd: folder });
  expected = told.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Transcript);
  const { mkdirSync } = await import('node:fs');
  mkdirSync(uploads);
  served = await serve(['--model', `good=${at('words')},${at('plain')}`, '--jobs', '2', '--max-megabytes', '1'], {
    TMPDIR: uploads,
  });
  client = new OpenAI({ apiKey: 'none', baseURL: `${served.url}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  // Where the first steps failed there is no server, but there is a folder.
  await (served as Served | undefined)?.stop();
  rmSync(folder, { recursive: true });
});

const form = (bytes: Uint8Array, fields: Record<string, string> = {}, name = 'talk.wav'): FormData => {
  const data = new FormData();
  for (const [key, value] of Object.entries(fields)) data.append(key, value);
  data.append('file', new Blob([Uint8Array.from(bytes)]), name);
  return data;
};
const post = (body: FormData | string, headers: Record<string, string> = {}, to = served): Promise<Response> =>
  fetch(`${to.url}/v1/audio/transcriptions`, { method: 'POST', body, headers });
const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string; message: string } }).error.code;
const wordsOf = ({ words }: Pick<Transcript, 'words'>): string => words!.map(({ word }) => word).join(' ');
/** A request with headers that fetch does not let through. */
const raw = (path: string, headers: Record<string, string>, to = served): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: to.port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });

describe("OpenAI's client", () => {
  it('lists the models', async () => {
    const names: string[] = [];
    for await (const { id } of client.models.list()) names.push(id);
    expect(names).toEqual(['good', 'plain']);
    expect(await client.models.retrieve('plain')).toMatchObject({ id: 'plain', object: 'model' });
  });

  it('gets the words of `asr transcribe`', async () => {
    const { text } = await client.audio.transcriptions.create({
      model: 'good',
      file: createReadStream(at('1.wav')),
    });
    expect(text).toBe(wordsOf(expected[0]!));
    expect(text.length).toBeGreaterThan(10);
  });

  it('gets segments and words with their times', async () => {
    const answer = await client.audio.transcriptions.create({
      model: 'good',
      file: createReadStream(at('2.wav')),
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
    });
    expect(answer.duration).toBe(expected[1]!.seconds);
    expect(answer.words).toEqual(expected[1]!.words);
    expect(answer.segments!.map(({ text }) => text).join(' ')).toBe(answer.text);
    expect(answer.segments!.map(({ start, end }) => [start, end])).toEqual(
      expected[1]!.utterances!.map(({ start, end }) => [start, end]),
    );
  });

  it('gets subtitles and plain text', async () => {
    for (const format of ['srt', 'vtt', 'text'] as const) {
      const told = await asr(['transcribe', '--model', at('words'), '--words', '--format', format, '1.wav'], {
        cwd: folder,
      });
      const answer = await client.audio.transcriptions.create({
        model: 'good',
        file: createReadStream(at('1.wav')),
        response_format: format,
      });
      expect(answer as unknown).toBe(told.stdout);
    }
  });

  it('hears it piece by piece', async () => {
    const stream = await client.audio.transcriptions.create({
      model: 'good',
      file: createReadStream(at('3.wav')),
      stream: true,
    });
    const deltas: string[] = [];
    let whole: string | undefined;
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') deltas.push(event.delta);
      else if (event.type === 'transcript.text.done') whole = event.text;
    }
    expect(deltas.length).toBeGreaterThan(0);
    expect(deltas.join('')).toBe(whole);
    expect(whole).toBe(wordsOf(expected[2]!));
  });

  it('meets errors that it understands', async () => {
    const ask = (model: string, file: string): Promise<unknown> =>
      client.audio.transcriptions.create({ model, file: createReadStream(at(file)) });
    writeFileSync(at('text.wav'), 'no sound');
    await expect(ask('other', '1.wav')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(ask('good', 'text.wav')).rejects.toMatchObject({ status: 400, code: 'unusable_sound' });
  });
});

describe('many at once', () => {
  it('gives each its own words, and leaves no file behind', async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        const seed = (i % 3) + 1;
        const { text } = (await (await post(form(sound(seed), { model: 'good' }))).json()) as { text: string };
        return [seed, text] as const;
      }),
    );
    for (const [seed, text] of answers) expect(text).toBe(wordsOf(expected[seed - 1]!));
    const [own] = readdirSync(uploads).filter((name) => name.startsWith('asr-serve-'));
    expect(readdirSync(join(uploads, own!))).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each([
    ['no form', () => post('{}', { 'content-type': 'application/json' }), 415, 'no_form'],
    ['a form without boundary', () => post('x', { 'content-type': 'multipart/form-data; x' }), 400, 'damaged_form'],
    [
      'a form that ends early',
      () => post('--b\r\n', { 'content-type': 'multipart/form-data; boundary=b' }),
      400,
      'damaged_form',
    ],
    ['a form without a file', () => post(new FormData()), 400, 'no_file'],
    ['an empty file', () => post(form(new Uint8Array())), 400, 'empty_file'],
    ['a file that is no sound', () => post(form(Buffer.from('no sound'))), 400, 'unusable_sound'],
    [
      'a playlist',
      () => post(form(Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'), {}, 'list.m3u8')),
      400,
      'unusable_sound',
    ],
    ['an unknown model', () => post(form(sound(1), { model: 'x' })), 404, 'model_not_found'],
    ['an unknown form of answer', () => post(form(sound(1), { response_format: 'pdf' })), 400, 'invalid_value'],
    [
      'words of a model that has none',
      () => post(form(sound(1), { model: 'plain', tokens: 'words' })),
      400,
      'no_words',
    ],
    ['a field without end', () => post(form(sound(1), { prompt: 'x'.repeat(100_000) })), 400, 'long_field'],
    ['a file that is too large', () => post(form(Buffer.alloc(1_100_000))), 413, 'file_too_large'],
    ['an address without anything', () => fetch(`${served.url}/etc/passwd`), 404, 'no_such_address'],
    ['a way out of the page', () => fetch(`${served.url}/assets/..%2f..%2fpackage.json`), 404, 'no_such_address'],
    ['a foreign page', () => post(form(sound(1)), { origin: 'https://example.org' }), 403, 'foreign_origin'],
    ['a page of another port', () => post(form(sound(1)), { origin: 'http://127.0.0.1:1' }), 403, 'foreign_origin'],
  ] as const)('%s', async (_, ask, status, code) => {
    const response = await ask();
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  it('names that are not of this machine', async () => {
    expect(await raw('/v1/models', { host: 'rebound.example:80' })).toBe(421);
    expect(await raw('/v1/models', { host: `localhost:${served.port}` })).toBe(200);
    expect(await raw('/metrics', { 'sec-fetch-site': 'cross-site' })).toBe(403);
  });

  it('no more than the queue holds, and says when to come again', async () => {
    const narrow = await serve(['--model', at('words'), '--jobs', '1', '--queue', '1']);
    try {
      const answers = await Promise.all(Array.from({ length: 8 }, () => post(form(sound(1, 20)), {}, narrow)));
      const refused = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
      expect(refused.length).toBeGreaterThan(0);
      expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
      const again = await post(form(sound(1)), {}, narrow);
      expect(again.status).toBe(200);
    } finally {
      await narrow.stop();
    }
  });

  it('uploads that take too long, and recordings that do', async () => {
    const hasty = await serve(['--model', at('words'), '--upload-seconds', '1']);
    try {
      const headers = { 'content-type': 'multipart/form-data; boundary=b' };
      const about = { host: '127.0.0.1', port: hasty.port, path: '/v1/audio/transcriptions', method: 'POST', headers };
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const asked = request(about, (response) => {
          resolve(response.statusCode);
        });
        asked.on('error', reject);
        asked.write('--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF');
      });
      expect([400, 408]).toContain(status);
      expect((await fetch(`${hasty.url}/healthz`)).status).toBe(200);
    } finally {
      await hasty.stop();
    }
    const short = await serve(['--model', at('words'), '--max-seconds', '1']);
    try {
      const long = await post(form(sound(1, 1800)), {}, short);
      expect([long.status, await codeOf(long)]).toEqual([422, 'took_too_long']);
    } finally {
      await short.stop();
    }
  });
});

describe('starting', () => {
  const refused = async (args: string[], env?: NodeJS.ProcessEnv): Promise<string> => {
    const { code, stderr, stdout } = await asr(['serve', ...args], { cwd: folder, env: { ...process.env, ...env } });
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/\n\s+at /);
    return `${code}: ${stderr}`;
  };

  it('says what is wrong', async () => {
    const taken = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        resolve(server);
      });
    });
    const port = String((taken.address() as { port: number }).port);
    writeFileSync(at('short'), 'abc\n');
    expect(await refused(['--model', at('plain'), '--port', port])).toMatch(
      /^5: asr: 127.0.0.1:\d+: the port is in use/,
    );
    expect(await refused(['--model', at('plain'), '--host', '0.0.0.0'])).toMatch(/^2: .*needs a token/);
    expect(await refused(['--model', at('plain'), '--token-file', at('short')])).toMatch(/^2: .*at least 16/);
    expect(await refused(['--model', at('plain'), '--token-file', at('gone')])).toMatch(/^5: /);
    expect(await refused(['--model', at('plain'), '--jobs', 'x'])).toMatch(/^2: asr: --jobs x/);
    expect(await refused(['--model', `${at('plain')},plain=${at('words')}`])).toMatch(/^2: .*two models/);
    expect(await refused(['--model', at('nothing')])).toMatch(/^6: /);
    taken.close();
  });
});

describe('the token', () => {
  it('is asked of everybody, but for the health', async () => {
    const token = 'a token of enough length'.replaceAll(' ', '-');
    writeFileSync(at('token'), `${token}\n`);
    const closed = await serve(['--model', at('plain'), '--token-file', at('token')]);
    try {
      const own = new OpenAI({ apiKey: token, baseURL: `${closed.url}/v1`, maxRetries: 0 });
      expect((await own.models.list()).data).toHaveLength(1);
      const other = new OpenAI({ apiKey: 'wrong', baseURL: `${closed.url}/v1`, maxRetries: 0 });
      await expect(other.models.list()).rejects.toMatchObject({ status: 401 });
      expect((await post(form(sound(1)), {}, closed)).status).toBe(401);
      expect((await fetch(`${closed.url}/metrics`)).status).toBe(401);
      expect((await fetch(`${closed.url}/healthz`)).status).toBe(200);
      await expect(talk(closed, '', sound(1))).rejects.toThrow('401');
      const offered = `token.${Buffer.from(token).toString('base64url')}`;
      expect((await talk(closed, '', sound(1).subarray(44), [offered])).at(-1)!.type).toBe('end');
    } finally {
      await closed.stop();
    }
  });
});

describe('figures and the end', () => {
  it('are told to Prometheus', async () => {
    const text = await (await fetch(`${served.url}/metrics`)).text();
    expect(text).toMatch(/asr_requests_total\{route="\/v1\/audio\/transcriptions",status="200"\} \d+/);
    expect(text).toMatch(/asr_refused_total\{code="file_too_large"\} 1/);
    expect(text).toMatch(/asr_sound_seconds_total\{model="good"\} \d/);
    expect(text).toMatch(/process_resident_memory_bytes \d+/);
  });

  it('describes a model', async () => {
    const about = (await (await fetch(`${served.url}/asr/models/good`)).json()) as Record<string, unknown>;
    expect(about).toMatchObject({ title: 'small', words: true, card: '# Small\n' });
  });

  it('writes a corrected transcript in another format', async () => {
    const corrected = { ...expected[0]!, words: [{ word: 'corrected', start: 0, end: 1 }] };
    const write = (format: string, body: unknown): Promise<Response> =>
      fetch(`${served.url}/asr/formats/${format}`, { method: 'POST', body: JSON.stringify(body) });
    expect(await (await write('srt', corrected)).text()).toContain('corrected');
    const eaf = await (await write('eaf', corrected)).text();
    expect(eaf).toContain('corrected');
    expect(eaf).not.toContain(process.cwd()); // nor where the server runs
    expect((await write('eaf', { schema: 1 })).status).toBe(400);
    expect((await write('pdf', corrected)).status).toBe(404);
  });

  it('finishes what is going on when it ends', async () => {
    const ending = await serve(['--model', at('words')]);
    const answer = post(form(sound(1, 20)), {}, ending);
    while (!/asr_working 1/.test(await (await fetch(`${ending.url}/metrics`)).text()));
    const stopped = ending.stop();
    expect((await answer).status).toBe(200);
    expect(await stopped).toBe(0);
    await expect(fetch(`${ending.url}/healthz`)).rejects.toThrow();
  });

  it('waits no longer than it may', async () => {
    const ending = await serve(['--model', at('words'), '--grace', '0']);
    const answer = post(form(sound(1, 901)), {}, ending);
    while (!/asr_working 1/.test(await (await fetch(`${ending.url}/metrics`)).text()));
    const stopped = ending.stop();
    expect((await answer).status).toBe(503);
    expect(await stopped).toBe(0);
  });
});
