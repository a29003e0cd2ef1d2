// Importing a corpus of many short files: files a second and peak memory of the audio stage where nothing has to be
// decoded (0.12 s of 16 kHz mono wav each, in folders as LibriSpeech has them).
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audioConfig } from '../src/audio/config.js';
import { audioStage } from '../src/audio/stage.js';
import { wavFile } from '../src/core/wav-header.js';
import { silentLog } from '../src/core/log.js';
import { runStage } from '../src/core/stage-run.js';
import type { Compute } from '../src/core/stage.js';
import { sampleRate } from '../src/core/time.js';
import type { Line } from './table.js';

const filesAFolder = 100;
const samples = 1920;

/** @param files a multiple of 100; each takes a block of the disk while it runs */
export async function benchImport(compute: Compute, files: number): Promise<Line> {
  const data = await mkdtemp(join(tmpdir(), 'asr-import-'));
  try {
    await makeFiles(join(data, 'train-clean-100'), files);
    const cpu = process.cpuUsage();
    const started = performance.now();
    const { record } = await runStage(audioStage, {
      inputs: {},
      out: join(data, 'audio'),
      data,
      config: audioConfig.parse({ layout: 'librispeech', dir: 'train-clean-100' }),
      seed: 1,
      log: silentLog,
      compute,
    });
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      name: `import of ${record.counts['recordings']} short wav files`,
      files,
      seconds: Number(seconds.toFixed(1)),
      filesPerSecond: Math.round(files / seconds),
      filesPerCpuSecond: Math.round(files / ((user + system) / 1e6)),
      peakMiB: record.peakMiB,
    };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

async function makeFiles(folder: string, files: number): Promise<void> {
  const bytes = wavFile(new Int16Array(samples), sampleRate);
  for (let book = 0; book * filesAFolder < files; book++) {
    const chapter = join(folder, String(Math.floor(book / 3)), String(book % 3));
    await mkdir(chapter, { recursive: true });
    await Promise.all(
      Array.from({ length: filesAFolder }, (_, i) =>
        writeFile(join(chapter, `${Math.floor(book / 3)}-${book % 3}-${String(i).padStart(4, '0')}.wav`), bytes),
      ),
    );
  }
}
