// Environment variables that a test file set are as before when it ends: the next file runs in the same process.
import { afterAll } from 'vitest';

const before = { ...process.env };
afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});
