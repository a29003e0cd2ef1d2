// Speech detectors against a forced alignment: frames of 10 ms named rightly, and how fast. The alignment is for
// evaluation alone, and is a machine's own opinion.
import { join } from 'node:path';
import { readRecordings, SampleReader } from '../src/audio/samples.js';
import type { Region } from '../src/core/records.js';
import type { Compute } from '../src/core/stage.js';
import { sampleRate } from '../src/core/time.js';
import { readAlignment } from '../src/probe/alignment.js';
import { vadConfig } from '../src/vad/config.js';
import { createDetector } from '../src/vad/detector.js';
import { rounded } from './timing.js';

export interface VadLine {
  readonly [name: string]: string | number;
}

const hop = 160;

function frames(regions: readonly Region[], count: number): Uint8Array {
  const speech = new Uint8Array(count);
  for (const [start, end] of regions) speech.fill(1, Math.round(start / hop), Math.round(end / hop));
  return speech;
}

/** @param audio folder of an audio stage. @param limit recordings looked at */
export async function* benchVad(
  audio: string,
  alignmentPath: string,
  silence: string,
  limit: number,
  compute: Compute,
): AsyncGenerator<VadLine> {
  const alignment = await readAlignment(alignmentPath);
  const reader = await SampleReader.open(audio);
  const ids: string[] = [];
  for await (const { id } of readRecordings(audio)) if (alignment.has(id)) ids.push(id);
  const step = Math.max(1, Math.floor(ids.length / limit));
  const chosen = ids.filter((_, i) => i % step === 0).slice(0, limit);
  for (const method of ['none', 'energy', 'silero'] as const) {
    const detector = await createDetector(vadConfig.parse({ method }), compute, join(audio, '..'));
    const counts = { right: 0, all: 0, speech: 0, missed: 0, false: 0 };
    let seconds = 0;
    const count = (id: string, { length }: Int16Array, regions: readonly Region[]): void => {
      seconds += length / sampleRate;
      const total = Math.floor(length / hop);
      const found = frames(regions, total);
      const wanted = frames(
        (alignment.get(id) ?? [])
          .filter(({ phone }) => phone !== silence)
          .map(({ start: from, end }): Region => [from, end]),
        total,
      );
      for (let t = 0; t < total; t++) {
        counts.all++;
        counts.speech += wanted[t] as number;
        if (found[t] === wanted[t]) counts.right++;
        else if (wanted[t] === 1) counts.missed++;
        else counts.false++;
      }
    };
    let ms = 0;
    let cpuMs = 0;
    // As the stage does: twenty minutes at a time, side by side where the detector can.
    for (let at = 0; at < chosen.length; at += 150) {
      const ids = chosen.slice(at, at + 150);
      const sounds: Int16Array[] = [];
      for (const id of ids) sounds.push(await reader.readGrid(id));
      const [start, used] = [performance.now(), process.cpuUsage()];
      const found = detector.detectMany
        ? await detector.detectMany(sounds)
        : await Promise.all(sounds.map((samples) => detector.detect(samples)));
      ms += performance.now() - start;
      const { user, system } = process.cpuUsage(used);
      cpuMs += (user + system) / 1000;
      for (const [i, id] of ids.entries()) count(id, sounds[i]!, found[i]!);
    }
    await detector.dispose();
    yield {
      name: `vad ${method}`,
      recordings: chosen.length,
      seconds: rounded(seconds),
      accuracy: rounded(counts.right / counts.all),
      missed: rounded(counts.missed / counts.speech),
      falseAlarms: rounded(counts.false / (counts.all - counts.speech)),
      speech: rounded(counts.speech / counts.all),
      realTimeFactor: rounded(ms / 1000 / seconds),
      cpuRealTimeFactor: rounded(cpuMs / 1000 / seconds),
      cpuMinutesPer100Hours: rounded((cpuMs / 1000 / seconds) * 6000),
    };
  }
  await reader.close();
}
