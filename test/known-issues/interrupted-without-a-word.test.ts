// A command that finds no safe place to stop within ten seconds after Ctrl-C, as while a long sentence is spoken on a
// busy machine, was ended without a word: nobody knew whether the same command goes on.
import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';

const module = new URL('../../dist/src/cli/interrupt.js', import.meta.url).href;
const program = `import { withInterrupt } from ${JSON.stringify(module)};
await withInterrupt(() => {
  process.stdout.write('works');
  return new Promise((done) => setTimeout(done, 60_000));
});`;

it('says what to do before it is ended', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.once('data', () => child.kill('SIGINT'));
  const signal = await new Promise((ended) => child.once('close', (_, how) => ended(how)));
  expect(signal).toBe('SIGINT');
  expect(stderr).toMatch(/^asr: interrupted; .*\n {5}The same command continues where it stopped\.\n$/u);
});
