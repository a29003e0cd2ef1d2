// Who speaks in a run, from the manifests that lie there: those of audio, and of vad where audio was thrown away.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRecordings } from '../audio/samples.js';
import type { Split } from '../core/records.js';
import { sampleRate } from '../core/time.js';
import { readUtterances } from '../vad/folder.js';

export interface RecordedPerson {
  readonly id: string;
  readonly speaker: string;
  readonly split: Split;
  /** Of sound that is kept; where audio is gone, of its speech. */
  readonly seconds: number;
  /** Relative to the data folder; unknown where audio is gone. */
  readonly path?: string;
}

/** @returns undefined where neither stage is finished. @throws AsrError 'input' with the line that is damaged */
export async function readPeople(run: string): Promise<RecordedPerson[] | undefined> {
  const [audio, vad] = [join(run, 'audio'), join(run, 'vad')];
  const found = new Map<string, RecordedPerson>();
  const finished = [audio, vad].filter((folder) => existsSync(join(folder, 'stage.json')));
  if (finished.length === 0) return undefined;
  if (finished.includes(audio))
    for await (const { id, speaker, split, samples, path } of readRecordings(audio))
      found.set(id, { id, speaker, split, seconds: samples / sampleRate, path });
  const recorded = new Map<string, RecordedPerson>();
  if (finished.includes(vad))
    for await (const { recording: id, speaker, split, samples } of readUtterances(vad))
      if (!found.has(id))
        recorded.set(id, { id, speaker, split, seconds: (recorded.get(id)?.seconds ?? 0) + samples / sampleRate });
  return [...found.values(), ...recorded.values()];
}
