// onnxruntime 1.29 began to report to its maker from Linux and macOS. Whatever loads the engine leaves no trace of that: no
// identity of the device, no queue of reports. (That both appear without the variable was seen by hand; a test that tries
// would send some.)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'asr-telemetry-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

// The runtime keeps silent of itself under continuous integration and for those who said so: neither is known here.
const speaking = ['ORT_DISABLE_TELEMETRY', 'ORT_TELEMETRY_DISABLED', 'CI', 'GITHUB_ACTIONS'];
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !speaking.includes(name)));

describe('the engine', () => {
  it('says no to telemetry before onnxruntime is loaded', () => {
    const program = `
      const { ModelSession } = await import(${JSON.stringify(join(import.meta.dirname, '..', '..', 'dist', 'src', 'engine', 'model-session.js'))});
      await ModelSession.open(new Uint8Array(8), { name: 'none', threads: 1, engine: 'cpu' }).catch(() => undefined);
      console.log(process.env.ORT_DISABLE_TELEMETRY);`;
    const home = { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder };
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...environment, ...home },
      encoding: 'utf8',
    });
    expect(said.trim()).toBe('1');
    expect(readdirSync(folder)).toEqual([]);
  });
});
