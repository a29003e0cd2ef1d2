// Hours of sound through `asr transcribe` and `asr serve` in one process, at the fastest rate: memory and open handles
// on the way, and how they change over the second half, when everything that is kept once is there.
import { readdir } from 'node:fs/promises';
import { silentLog } from '../src/core/log.js';
import { startServer } from '../src/serve/server.js';
import { createTranscriber } from '../src/transcribe/transcriber.js';
import { ask, type Sound } from './serve.js';
import { rounded } from './timing.js';

export interface SoakSample {
  /** Of sound that was heard so far. */
  readonly hours: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  /** Open files, where the system tells, and what Node keeps alive. */
  readonly files: number;
  readonly resources: number;
  readonly cpuSeconds: number;
}

export interface SoakOptions {
  readonly model: string;
  readonly paths: readonly string[];
  readonly sounds: readonly Sound[];
  readonly hours: number;
  readonly samples: number;
}

const mebibytes = (bytes: number): number => rounded(bytes / 2 ** 20);

/** In turn a file to the transcriber and one to the server, each of which has a copy of the model. */
export async function* soak({ model, paths, sounds, hours, samples }: SoakOptions): AsyncGenerator<SoakSample> {
  const transcriber = await createTranscriber(model, { jobs: 1 });
  const server = await startServer({
    ...{ models: [{ name: 'model', folder: model }], host: '127.0.0.1', port: 0, jobs: 1, queue: 8 },
    ...{ mostBytes: 2 ** 30, uploadSeconds: 3600, mostSeconds: 36_000, mostLive: 1, graceSeconds: 5, log: silentLog },
  });
  try {
    let heard = 0;
    let next = 0;
    for (let n = 0; heard < hours * 3600; n++) {
      const sound = sounds[n % sounds.length] as Sound;
      await Promise.all([
        transcriber.transcribe(paths[n % paths.length] as string, { name: sound.name }),
        ask(server.url, sound),
      ]);
      heard += 2 * sound.seconds;
      if (heard < next * (hours / samples) * 3600) continue;
      next++;
      yield await measured(heard / 3600);
    }
  } finally {
    await server.close();
    await transcriber.dispose();
  }
}

async function measured(hours: number): Promise<SoakSample> {
  // What is garbage is none of what grows; without --expose-gc it is in the heap's numbers.
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    hours: rounded(hours),
    rssMiB: mebibytes(rss),
    heapMiB: mebibytes(heapUsed),
    externalMiB: mebibytes(external),
    files: (await readdir('/proc/self/fd').catch(() => [])).length,
    resources: process.getActiveResourcesInfo().length,
    cpuSeconds: rounded((user + system) / 1e6),
  };
}

type Measure = Exclude<keyof SoakSample, 'hours' | 'cpuSeconds'>;

/** What a measure gains in an hour of sound, by least squares over the second half. */
export function slopeOf(samples: readonly SoakSample[], measure: Measure): number {
  const late = samples.slice(samples.length >> 1);
  const mean = (of: (one: SoakSample) => number): number => late.reduce((sum, one) => sum + of(one), 0) / late.length;
  const [hours, value] = [mean((one) => one.hours), mean((one) => one[measure])];
  const spread = mean((one) => (one.hours - hours) ** 2);
  return mean((one) => (one.hours - hours) * (one[measure] - value)) / spread;
}

const panels: readonly (readonly [title: string, lines: readonly (readonly [Measure, string])[]])[] = [
  [
    'MiB',
    [
      ['rssMiB', '#1f6feb'],
      ['heapMiB', '#2da44e'],
      ['externalMiB', '#cf222e'],
    ],
  ],
  [
    'handles',
    [
      ['files', '#1f6feb'],
      ['resources', '#2da44e'],
    ],
  ],
];
const [width, height, margin] = [640, 200, 60];

/** Memory above, handles below, over the hours of sound. */
export function soakPicture(samples: readonly SoakSample[]): string {
  const hours = samples.at(-1)?.hours ?? 1;
  const parts = panels.map(([title, lines], panel) => {
    const top = Math.max(...lines.flatMap(([measure]) => samples.map((one) => one[measure]))) * 1.1;
    const bottom = (panel + 1) * (height + margin);
    const x = (one: number): string => (margin + (one / hours) * width).toFixed(1);
    const y = (one: number): string => (bottom - (one / top) * height).toFixed(1);
    const drawn = lines.map(([measure, colour], i) => {
      const points = samples.map((one) => `${x(one.hours)},${y(one[measure])}`).join(' ');
      const name = measure.replace('MiB', '');
      return (
        `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points}"/>` +
        `<text x="${margin + 8 + i * 90}" y="${bottom - height - 8}" fill="${colour}">${name}</text>`
      );
    });
    return (
      `<path stroke="#888" fill="none" d="M${margin} ${bottom - height}V${bottom}H${margin + width}"/>` +
      `<text x="4" y="${bottom - height + 10}">${Math.round(top)} ${title}</text><text x="40" y="${bottom}">0</text>` +
      drawn.join('')
    );
  });
  const all = 2 * (height + margin) + 40;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width + 2 * margin} ${all}" font-family="sans-serif" ` +
    `font-size="12" role="img"><title>Memory and handles over hours of sound</title><rect width="100%" height="100%" ` +
    `fill="#fff"/>${parts.join('')}<text x="${margin}" y="${all - 20}">0 to ${hours} h of sound</text></svg>\n`
  );
}
