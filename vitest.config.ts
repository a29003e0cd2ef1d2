import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * What tests, the programs they start and the runner itself leave in the temporary folder lies in one folder of this
 * process, which ends with it. Those of processes that were killed are removed by the next.
 */
function oneTemporaryFolder(): void {
  const name = 'asr-tests-';
  if (tmpdir().includes(name)) return;
  for (const entry of readdirSync(tmpdir())) {
    if (entry.startsWith(name) && !isThere(Number(entry.slice(name.length))))
      rmSync(join(tmpdir(), entry), { recursive: true, force: true });
  }
  const folder = join(tmpdir(), `${name}${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.env['TMPDIR'] = folder;
  process.env['TEMP'] = folder;
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

oneTemporaryFolder();

interface TestProject {
  readonly name: string;
  readonly include: string[];
  readonly exclude?: string[];
  readonly testTimeout: number;
  /** Whether each file has a process of its own; one for many files loads the sources once. */
  readonly isolate?: boolean;
}
const project = (own: TestProject) => ({
  test: {
    ...own,
    hookTimeout: own.testTimeout,
    pool: 'forks' as const,
    setupFiles: own.isolate === false ? ['test/same-environment.ts'] : [],
  },
});

/** What these load stays known to their process: names of plug-ins. */
const alone = ['test/plugins/**/*.test.ts', 'test/recipe/configuration-page.test.ts'];

/** Where the counts go that .ci/run prints; nowhere when a person runs the tests. */
const report = process.env['TEST_REPORT'];

export default defineConfig({
  test: {
    // Without this one core stays idle, which on two cores doubles the time.
    maxWorkers: '100%',
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      project({
        name: 'unit',
        include: ['test/**/*.test.ts'],
        exclude: [...alone, 'test/**/*.stage.test.ts', 'test/e2e/**'],
        testTimeout: 60_000,
        isolate: false,
      }),
      project({ name: 'packages', include: ['packages/*/test/**/*.test.ts'], testTimeout: 120_000 }),
      project({ name: 'alone', include: alone, testTimeout: 60_000 }),
      project({ name: 'stage', include: ['test/**/*.stage.test.ts'], testTimeout: 180_000 }),
      project({ name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 600_000 }),
    ],
  },
});
