// TensorBoard while it trains: every ten seconds what the runs have added to their metrics goes to event files of their
// own, which the final ones replace. Training knows nothing of it; whichever process
// writes the metrics, one reads them.
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventFileHead } from './event-file.js';
import { lineRecord, metricsFiles } from './tensorboard.js';

const intervalMs = 10_000;
/** Lines of a file that are all shown; of later ones every fifteenth, an odd number, since two networks take turns. */
const shownLines = 10_000;
const stride = 15;

const liveFile = 'events.out.tfevents.0000000000.asr.live';

/** How far a metrics file has been read. */
interface Position {
  bytes: number;
  lines: number;
}

export interface LiveEvents {
  /** Reads once more what there is. */
  update(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/**
 * @param out folder of the learn stage: `checkpoints/<run>` and `runs/<run>` in it are followed
 * @param clock seconds since 1970
 */
export function followMetrics(out: string, clock = (): number => Date.now() / 1000): LiveEvents {
  const positions = new Map<string, Position>();
  let busy: Promise<void> = Promise.resolve();
  // What cannot be shown must not end a training; a full disk will be told by the training itself.
  const update = (): Promise<void> =>
    (busy = busy.then(() => updateAll(out, positions, clock())).catch(() => undefined));
  const timer = setInterval(() => void update(), intervalMs);
  timer.unref();
  return {
    update,
    stop: async () => {
      clearInterval(timer);
      await busy;
      for (const run of await foldersIn(join(out, 'tensorboard')))
        await rm(join(out, 'tensorboard', run, liveFile), { force: true });
    },
  };
}

async function updateAll(out: string, positions: Map<string, Position>, seconds: number): Promise<void> {
  const checkpoints = await foldersIn(join(out, 'checkpoints'));
  const finished = (await foldersIn(join(out, 'runs'))).filter(
    (run) => !run.endsWith('.partial') && !checkpoints.includes(run),
  );
  for (const run of checkpoints) await updateRun(out, run, join(out, 'checkpoints', run), positions, seconds);
  for (const run of finished) await updateRun(out, run, join(out, 'runs', run), positions, seconds);
}

async function updateRun(
  out: string,
  run: string,
  folder: string,
  positions: Map<string, Position>,
  seconds: number,
): Promise<void> {
  const sources = metricsFiles.map((file) => join(folder, file)).filter((path) => existsSync(path));
  if (sources.length === 0) return;
  const path = join(out, 'tensorboard', run, liveFile);
  const cut = await Promise.all(
    sources.map(async (source) => (positions.get(source)?.bytes ?? 0) > (await sizeOf(source))),
  );
  // A resumed training cuts its metrics back to its checkpoint, and a new one finds what another left: start over.
  const afresh = !existsSync(path) || cut.includes(true) || !sources.some((source) => positions.has(source));
  if (afresh) for (const source of sources) positions.delete(source);
  await mkdir(join(out, 'tensorboard', run), { recursive: true });
  const events = await open(path, afresh ? 'w' : 'a');
  try {
    const records = afresh ? [eventFileHead(seconds)] : [];
    for (const source of sources) {
      const position = positions.get(source) ?? { bytes: 0, lines: 0 };
      positions.set(source, position);
      for (const line of await newLines(source, position)) {
        if (position.lines++ >= shownLines && position.lines % stride !== 0) continue;
        const record = lineRecord(JSON.parse(line) as Record<string, unknown>, seconds);
        if (record) records.push(record);
      }
    }
    await events.writeFile(Buffer.concat(records));
  } finally {
    await events.close();
  }
}

/** Whole lines since the last time; one that is still being written waits. */
async function newLines(path: string, position: Position): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(1 << 24, Math.max(0, size - position.bytes)));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, position.bytes);
    const end = bytes.subarray(0, bytesRead).lastIndexOf(10) + 1;
    position.bytes += end;
    return bytes
      .subarray(0, end)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  return (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
