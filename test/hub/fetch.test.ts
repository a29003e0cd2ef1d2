// Models by name from a hub on this machine, on good days and on bad ones; and where the program finds them afterwards.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AsrError } from '../../src/core/errors.js';
import { silentLog } from '../../src/core/log.js';
import { fetchPlanned, planFetch, type FetchPlan } from '../../src/hub/fetch.js';
import { existingModelPath, fetchedFolder, knownEncoders, modelPath, parseModelName } from '../../src/hub/index.js';
import { neededFiles } from '../../src/hub/needed.js';
import { hubAccess } from '../../src/hub/request.js';
import { commit, LocalHub } from './local-hub.js';

const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const files = {
  'README.md': text('# a model'),
  'config.json': text('{"model_type":"wav2vec2"}'),
  'preprocessor_config.json': text('{"do_normalize":true}'),
  'model.safetensors': weights,
  'pytorch_model.bin': weights,
  'flax_model.msgpack': weights,
};

let hub: LocalHub;
let root: string;
let env: Record<string, string>;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'asr-hub-'));
  hub = await LocalHub.start({
    'lab/encoder': { files, licence: 'apache-2.0' },
    'lab/gated': { files, token: 'secret' },
    'lab/empty': { files: { 'README.md': text('nothing') } },
  });
  env = { HF_HOME: root, HF_ENDPOINT: hub.endpoint };
});
afterEach(async () => {
  await hub.stop();
  rmSync(root, { recursive: true });
});

/** Quick where the real one waits. */
const access = (more: Record<string, string> = {}) => ({ ...hubAccess({ ...env, ...more }), pause: 1 });

async function fetched(name: string, more: Record<string, string> = {}): Promise<FetchPlan> {
  const plan = await planFetch(parseModelName(name)!, [], access(more), env);
  await fetchPlanned(plan, access(more), silentLog);
  return plan;
}

const failure = (work: Promise<unknown>): Promise<AsrError> =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error as AsrError,
  );

describe('fetching a model', () => {
  it("says what comes and under which licence, and puts it where Hugging Face's programs look", async () => {
    const plan = await fetched('lab/encoder');
    expect(plan.licence).toBe('apache-2.0');
    expect(plan.files.map(({ path }) => path)).toEqual([
      'config.json',
      'preprocessor_config.json',
      'model.safetensors',
    ]);
    expect(plan.bytes).toBe(weights.length + 25 + 21);
    const storage = join(root, 'hub', 'models--lab--encoder');
    expect(plan.folder).toBe(join(storage, 'snapshots', commit));
    expect(Uint8Array.from(readFileSync(join(plan.folder, 'model.safetensors')))).toEqual(weights);
    expect(readFileSync(join(storage, 'refs', 'main'), 'utf8')).toBe(commit);
    expect(readdirSync(join(storage, 'blobs')).filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  it('fetches nothing twice', async () => {
    await fetched('lab/encoder');
    const before = hub.requests.length;
    expect((await fetched('lab/encoder@v1')).bytes).toBe(0);
    expect(hub.requests.slice(before).filter((line) => line.includes('/resolve/'))).toEqual([]);
  });

  it('continues where the connection was cut', async () => {
    Object.assign(hub.bad, { cuts: 3, cutAfter: 50_000 });
    const { folder } = await fetched('lab/encoder');
    expect(Uint8Array.from(readFileSync(join(folder, 'model.safetensors')))).toEqual(weights);
    const ranges = hub.requests.filter((line) => line.includes('bytes=') && !line.includes('resolve'));
    expect(ranges).toEqual(
      [50_000, 100_000, 150_000].map((from) => `GET /lab/encoder/model.safetensors bytes=${from}-`),
    );
  });

  it('continues what an earlier command left, also where the server knows no ranges', async () => {
    hub.bad.noRanges = true;
    const plan = await planFetch(parseModelName('lab/encoder')!, [], access(), env);
    const blob = join(plan.storage, 'blobs', plan.files.at(-1)!.hash);
    mkdirSync(join(plan.storage, 'blobs'), { recursive: true });
    writeFileSync(`${blob}.incomplete`, weights.subarray(0, 1000));
    await fetchPlanned(plan, access(), silentLog);
    expect(Uint8Array.from(readFileSync(blob))).toEqual(weights);
  });

  it('gives up on a line that brings nothing, and says how to go on', async () => {
    Object.assign(hub.bad, { cuts: 100, cutAfter: 0 });
    const error = await failure(fetched('lab/encoder'));
    expect(error.message).toMatch(/model\.safetensors breaks off at 0 of 300000 bytes/);
    expect(error.hint).toContain('it continues there');
    expect(fetchedFolder({ name: 'lab/encoder', revision: 'main' }, env)).toBeUndefined();
  });

  it('throws away what has another checksum', async () => {
    hub.bad.changed = true;
    const error = await failure(fetched('lab/encoder'));
    expect(error.code).toBe('model');
    expect(error.message).toMatch(/model\.safetensors has checksum [0-9a-f]{64}, expected [0-9a-f]{64}/);
    expect(
      readdirSync(join(root, 'hub', 'models--lab--encoder', 'blobs')).some((name) => name.endsWith('.incomplete')),
    ).toBe(false);
    hub.bad.changed = false;
    expect(existsSync(join((await fetched('lab/encoder')).folder, 'model.safetensors'))).toBe(true);
  });

  it('waits when it is told that it asks too often, but not for ever', async () => {
    hub.bad.busy = 2;
    expect((await fetched('lab/encoder')).bytes).toBe(0 + weights.length + 46);
    hub.bad.busy = 1000;
    const error = await failure(fetched('lab/encoder'));
    expect([error.exitCode, error.message]).toEqual([3, expect.stringContaining('too many requests (HTTP 429')]);
  });

  it('asks for a token where one is needed, and shows it to nobody but the hub', async () => {
    const error = await failure(fetched('lab/gated'));
    expect(error.message).toContain('HTTP 401');
    expect(error.hint).toContain('HF_TOKEN');
    await fetched('lab/gated', { HF_TOKEN: 'secret' });
    expect(hub.leaked).toEqual([]);
  });

  it.each([
    ['lab/nothing', 'no such model, revision or file (HTTP 404'],
    ['lab/encoder@v7', 'no such model, revision or file (HTTP 404'],
    ['lab/empty', 'no weights among its files'],
  ])('refuses %s', async (name, message) => {
    expect((await failure(fetched(name))).message).toContain(message);
  });

  it('says what to copy where nobody answers', async () => {
    const error = await failure(
      planFetch(parseModelName('lab/encoder')!, [], access({ HF_ENDPOINT: 'http://127.0.0.1:9' }), env),
    );
    expect(error.message).toContain('http://127.0.0.1:9: no answer');
    expect(error.hint).toContain('copy config.json, preprocessor_config.json and model.safetensors');
  });
});

describe('the files that are needed', () => {
  const page = (...paths: string[]) => paths.map((path) => ({ path, size: 1, hash: 'a'.repeat(40) }));
  const names = (...paths: string[]) => neededFiles(page(...paths), 'x').map(({ path }) => path);

  it('are shards with their index, or the only file of fairseq', () => {
    const shards = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
    expect(names('a.txt', 'config.json', 'pytorch_model.bin.index.json', ...shards)).toEqual([
      'config.json',
      'pytorch_model.bin.index.json',
      ...shards,
    ]);
    expect(names('WavLM-Base.pt', 'README.md')).toEqual(['WavLM-Base.pt']);
  });
});

describe('a name in a recipe', () => {
  it.each([
    ['facebook/wav2vec2-base', { name: 'facebook/wav2vec2-base', revision: 'main' }],
    ['a/b@refs/pr/3', { name: 'a/b', revision: 'refs/pr/3' }],
    ['../up', undefined],
    ['a/b@../../x', undefined],
    ['a/b/c', undefined],
    ['model', undefined],
  ])('%s', (given, expected) => {
    expect(parseModelName(given)).toEqual(expected);
  });

  it('leads to what was fetched, but a folder of that name comes first', async () => {
    const { folder } = await fetched('lab/encoder');
    expect(modelPath('lab/encoder', root, env)).toBe(folder);
    mkdirSync(join(root, 'lab', 'encoder'), { recursive: true });
    expect(modelPath('lab/encoder', root, env)).toBe(join(root, 'lab', 'encoder'));
  });

  it('that was not fetched gets the command', async () => {
    const error = await failure(Promise.resolve().then(() => existingModelPath('lab/encoder@v1', root, env)));
    expect([error.exitCode, error.hint]).toEqual([6, expect.stringContaining('asr fetch lab/encoder@v1')]);
  });
});

it('docs/encoders.md and `asr fetch --list` name the same models', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/encoders.md'), 'utf8');
  const table = page.slice(page.indexOf('| family | models |'));
  const named = [...table.slice(0, table.indexOf('\n\n')).matchAll(/`([\w.-]+\/[\w.-]+)`/g)].map((match) => match[1]!);
  const known = new Set(knownEncoders.map(({ name }) => name));
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
