// onnxruntime 1.29 began to report to its maker from Linux and macOS. Whatever loads the engine leaves no trace of
// that: no identity of the device, no queue of reports. (That both appear without the variable was seen by hand; a test
// that tries would send some.)
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
  const saidBy = (program: string, env: NodeJS.ProcessEnv): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { env, encoding: 'utf8' }).trim();
  const dist = join(import.meta.dirname, '..', '..', 'dist', 'packages', 'engine', 'src');

  it('says no to telemetry before onnxruntime is loaded', () => {
    const program = `
      const { ModelSession } = await import(${JSON.stringify(join(dist, 'model-session.js'))});
      await ModelSession.open(new Uint8Array(8), { name: 'none', threads: 1, engine: 'cpu' }).catch(() => undefined);
      console.log(process.env.ORT_DISABLE_TELEMETRY);`;
    const home = { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder };
    expect(saidBy(program, { ...environment, ...home })).toBe('1');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['', '1'],
    ['false', '1'],
    ['1', '1'],
    ['0', '0'],
  ])('takes ORT_DISABLE_TELEMETRY=%j for %s', (given, meant) => {
    const program =
      `await import(${JSON.stringify(join(dist, 'no-telemetry.js'))}); ` +
      'console.log(process.env.ORT_DISABLE_TELEMETRY);';
    expect(saidBy(program, { ...environment, ORT_DISABLE_TELEMETRY: given })).toBe(meant);
  });
});
