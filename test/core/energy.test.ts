// Energy: joules from counters as Linux shows them, also where they begin anew; an estimate, called one, without them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeEnergy, EnergyMeter, wattsPerCore } from '../../src/core/energy.js';
import { temporaryFolder } from '../temporary-folder.js';

function counter(root: string, folder: string, name: string, microjoules: number): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'name'), `${name}\n`);
  writeFileSync(join(root, folder, 'max_energy_range_uj'), '1000000000\n');
  writeFileSync(join(root, folder, 'energy_uj'), `${microjoules}\n`);
}

describe('energy', () => {
  it('adds packages, also over the end of a counter, and neither their parts nor psys', async () => {
    const root = await temporaryFolder();
    counter(root, 'intel-rapl:0', 'package-0', 999_000_000);
    counter(root, 'intel-rapl:1', 'package-1', 5_000_000);
    counter(root, 'intel-rapl:0:0', 'core', 0);
    counter(root, 'intel-rapl:2', 'psys', 0);
    const meter = new EnergyMeter(root);
    counter(root, 'intel-rapl:0', 'package-0', 2_000_000);
    counter(root, 'intel-rapl:1', 'package-1', 9_000_000);
    counter(root, 'intel-rapl:0:0', 'core', 7_000_000);
    counter(root, 'intel-rapl:2', 'psys', 7_000_000);
    const used = meter.stop();
    expect(used).toMatchObject({ source: 'rapl', joules: 3 + 4 });
    expect(describeEnergy([used]).note).toContain('of the processor');
  });

  it('is an estimate where there are no counters, or none that may be read to the end', async () => {
    const root = await temporaryFolder();
    const none = new EnergyMeter(join(root, 'missing'));
    let sum = 0;
    for (let i = 0; i < 3e7; i++) sum += Math.sqrt(i);
    expect(sum).toBeGreaterThan(0);
    const used = none.stop();
    expect(used.source).toBe('estimate');
    expect(used.cpuSeconds).toBeGreaterThan(0);
    expect(used.joules).toBeCloseTo(used.cpuSeconds * wattsPerCore, 9);
    expect(describeEnergy([used]).note).toMatch(/estimated: 10 W/);
    counter(root, 'intel-rapl:0', 'package-0', 1);
    const cut = new EnergyMeter(root);
    rmSync(join(root, 'intel-rapl:0', 'energy_uj'));
    expect(cut.stop().source).toBe('estimate');
  });
});
