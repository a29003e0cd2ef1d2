import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], exclude: string[], testTimeout: number) => ({
  test: { name, include, exclude, testTimeout, hookTimeout: testTimeout, pool: 'forks' as const },
});

/** Where the counts go that .ci/run prints; nowhere when a person runs the tests. */
const report = process.env['TEST_REPORT'];

export default defineConfig({
  test: {
    // Without this one core stays idle, which on two cores doubles the time.
    maxWorkers: '100%',
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      project('unit', ['test/**/*.test.ts'], ['test/**/*.stage.test.ts', 'test/e2e/**'], 60_000),
      project('stage', ['test/**/*.stage.test.ts'], [], 180_000),
      project('e2e', ['test/e2e/**/*.test.ts'], [], 600_000),
    ],
  },
});
