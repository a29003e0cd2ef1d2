// The notification of one answer could arrive while the next was waited for, which was then taken for a thread without
// an answer: eSpeak began anew in the midst of a corpus, and what it says depends on what it said before. Runs of one
// seed differed on busy machines.
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

const module = new URL('../../dist/src/espeak/espeak.js', import.meta.url).href;

/** Speaks in two voices in turn; posts a digest of all samples. */
const speaker = `
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { createEspeak } from '${module}';
const espeak = await createEspeak();
const digest = createHash('sha256');
for (let n = 0; n < 40; n++) {
  const { samples } = espeak.synthesise('El perro de mi hermana duerme todo el día al lado de la puerta.', {
    name: n % 2 === 0 ? 'es' : 'es+m3',
    rate: 150 + (n % 7) * 5,
  });
  digest.update(samples);
}
espeak.dispose();
parentPort.postMessage(digest.digest('hex'));
`;

it('speech is the same on a busy machine', async () => {
  const url = new URL(`data:text/javascript,${encodeURIComponent(speaker)}`);
  const digests = await Promise.all(
    Array.from(
      { length: 8 },
      () =>
        new Promise((done, fail) => {
          const worker = new Worker(url);
          worker.once('message', done);
          worker.once('error', fail);
        }),
    ),
  );
  expect(new Set(digests).size).toBe(1);
}, 300_000);
