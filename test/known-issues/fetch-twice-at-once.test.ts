// Two `asr fetch` of one model at once appended to the same partial file: each grew past the size that the hub had
// announced, or had a wrong checksum. Each has a file of its own now; what a killed one left is gone on with.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.js';
import { identifyProcess, thisMachine } from '../../src/core/process-identity.js';
import { fetchPlanned, planFetch, type FetchPlan } from '../../src/hub/fetch.js';
import { parseModelName } from '../../src/hub/index.js';
import { hubAccess } from '../../src/hub/request.js';
import { LocalHub } from '../hub/local-hub.js';
import { temporaryFolder } from '../temporary-folder.js';

const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251);
let hub: LocalHub;
let env: Record<string, string>;
beforeEach(async () => {
  const files = { 'config.json': new TextEncoder().encode('{"model_type":"wav2vec2"}'), 'model.safetensors': weights };
  hub = await LocalHub.start({ 'lab/encoder': { files } });
  env = { HF_HOME: await temporaryFolder(), HF_ENDPOINT: hub.endpoint };
});
afterEach(() => hub.stop());

const access = () => ({ ...hubAccess(env), pause: 1 });
const plan = (): Promise<FetchPlan> => planFetch(parseModelName('lab/encoder')!, [], access(), env);
const blobs = (storage: string): string[] => readdirSync(join(storage, 'blobs')).filter((name) => name.includes('.'));

it('each of several fetches at once brings the right file, and none leaves anything', async () => {
  Object.assign(hub.bad, { cuts: 6, cutAfter: 40_000 });
  const plans = await Promise.all([plan(), plan(), plan()]);
  await Promise.all(plans.map((one) => fetchPlanned(one, access(), silentLog)));
  const [{ folder, storage }] = plans;
  expect(Uint8Array.from(readFileSync(join(folder, 'model.safetensors')))).toEqual(weights);
  expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors']);
  expect(blobs(storage)).toEqual([]);
});

it('goes on with what a killed one left, and leaves alone what a living one writes', async () => {
  const planned = await plan();
  const blob = join(planned.storage, 'blobs', planned.files.find(({ path }) => path.endsWith('safetensors'))!.hash);
  await mkdir(join(planned.storage, 'blobs'), { recursive: true });
  const left = (name: string, process: object, bytes: number): void => {
    writeFileSync(`${blob}.${name}.owner`, JSON.stringify({ ...thisMachine(), ...process }));
    writeFileSync(`${blob}.${name}.incomplete`, weights.subarray(0, bytes));
  };
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  left('dead', { pid: gone, start: '1' }, 100_000);
  left('live', identifyProcess(process.pid)!, 200_000);
  const before = hub.requests.length;
  await fetchPlanned(planned, access(), silentLog);
  expect(hub.requests.slice(before).join('\n')).toContain('bytes=100000-');
  expect(Uint8Array.from(readFileSync(blob))).toEqual(weights);
  expect(blobs(planned.storage).map((name) => name.split('.')[1])).toEqual(['live', 'live']);
});
