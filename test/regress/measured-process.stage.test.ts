// Real processes: what they used, and that none of them outlives its time.
import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runMeasured } from '../../src/regress/measured-process.js';
import { temporaryFolder } from '../temporary-folder.js';

const proc = existsSync('/proc/self/stat');

async function script(text: string): Promise<{ args: string[]; logFile: string; folder: string }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'script.mjs'), text);
  return { args: [join(folder, 'script.mjs'), folder], logFile: join(folder, 'log'), folder };
}

describe('a measured process', () => {
  it('is known by exit code, last lines and log', async () => {
    const { args, logFile } = await script("process.stderr.write('one\\ntwo\\nasr: broken'); process.exitCode = 5;");
    const measured = await runMeasured(args, { logFile, seconds: 30 });
    expect(measured).toMatchObject({ code: 5, overTime: false, lastLines: ['one', 'two', 'asr: broken'] });
    expect(await readFile(logFile, 'utf8')).toBe('one\ntwo\nasr: broken');
  });

  it.runIf(proc)('is measured with its children: CPU time and memory', async () => {
    const burn =
      'const used = () => process.cpuUsage().user + process.cpuUsage().system; const end = used() + 1e6; let x = ' +
      '0; while (used() < end) for (let i = 0; i < 1e5; i++) x += i;';
    const { args, logFile } = await script(`import { spawnSync } from 'node:child_process';
      const held = Buffer.alloc(200 * 2 ** 20, 1);
      spawnSync(process.execPath, ['-e', ${JSON.stringify(burn)}]);
      ${burn} if (held[5] !== 1) process.exitCode = 1; await new Promise((r) => setTimeout(r, 600));`);
    const { code, cpuSeconds, peakMiB, wallSeconds } = await runMeasured(args, { logFile, seconds: 150 });
    expect(code).toBe(0);
    expect(cpuSeconds).toBeGreaterThan(1.9);
    expect(cpuSeconds).toBeLessThan(6);
    expect(wallSeconds).toBeGreaterThan(1.9);
    expect(peakMiB).toBeGreaterThan(220);
    expect(peakMiB).toBeLessThan(600);
  });

  it('is stopped with its children when its time is over, even where they do not listen', async () => {
    const { args, logFile, folder } =
      await script(`import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
      const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], {
        stdio: 'ignore' });
      writeFileSync(process.argv[2] + '/child', String(child.pid)); setInterval(() => {}, 1000);`);
    const { overTime, code, wallSeconds } = await runMeasured(args, { logFile, seconds: 2 });
    expect({ overTime, code }).toEqual({ overTime: true, code: null });
    expect(wallSeconds).toBeLessThan(12);
    const child = Number(readFileSync(join(folder, 'child'), 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isRunning(child)).toBe(false);
  });

  it('ends when the caller is interrupted', async () => {
    const { args, logFile } = await script('setInterval(() => {}, 1000);');
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 500);
    expect(await runMeasured(args, { logFile, seconds: 60, signal: controller.signal })).toMatchObject({
      code: null,
      overTime: false,
    });
    await expect(runMeasured(args, { logFile, seconds: 60, signal: controller.signal })).rejects.toThrow();
  });
});

/** A zombie, which only waits for somebody to ask for it, does not run. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !proc || !/\) Z /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
